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
  const double acceleration = -9.81 * sin(*theta) - 0.1 * *omega;
  const double omega_next_value = *omega + *dt * acceleration;
  *omega_next = omega_next_value;
  *theta_next = *theta + *dt * omega_next_value;
  const double jvp_omega_next_value = *tan_omega
      + (acceleration * *tan_dt + *dt * (-9.81 * (cos(*theta) * *tan_theta) - 0.1 * *tan_omega));
  *jvp_omega_next = jvp_omega_next_value;
  *jvp_theta_next = *tan_theta + (omega_next_value * *tan_dt + *dt * jvp_omega_next_value);
  return 0;
}
