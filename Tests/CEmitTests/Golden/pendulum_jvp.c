#include "pendulum_jvp.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t pendulum_jvp_workspace(void) {
  return 0;
}

int pendulum_jvp(const double *theta, const double *omega, const double *dt,
                 const double *tan_theta, const double *tan_omega, const double *tan_dt,
                 double *restrict theta_next, double *restrict omega_next,
                 double *restrict jvp_theta_next, double *restrict jvp_omega_next,
                 void *workspace) {
  (void)workspace;
  const double theta_value = *theta;
  const double omega_value = *omega;
  const double dt_value = *dt;
  const double tan_theta_value = *tan_theta;
  const double tan_omega_value = *tan_omega;
  const double tan_dt_value = *tan_dt;
  const double acceleration = -9.81 * sin(theta_value) - 0.1 * omega_value;
  const double omega_next_value = omega_value + dt_value * acceleration;
  *omega_next = omega_next_value;
  *theta_next = theta_value + dt_value * omega_next_value;
  const double jvp_omega_next_value = tan_omega_value
      + (acceleration * tan_dt_value + dt_value
      * (-9.81 * (cos(theta_value) * tan_theta_value) - 0.1 * tan_omega_value));
  *jvp_omega_next = jvp_omega_next_value;
  *jvp_theta_next = tan_theta_value
      + (omega_next_value * tan_dt_value + dt_value * jvp_omega_next_value);
  return 0;
}
