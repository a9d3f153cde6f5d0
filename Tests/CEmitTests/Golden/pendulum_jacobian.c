#include "pendulum_jacobian.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t pendulum_jacobian_workspace(void) {
  return 0;
}

int pendulum_jacobian(const double *theta, const double *omega, const double *dt,
                      double *restrict theta_next, double *restrict omega_next,
                      double *restrict jacobian_theta_next_theta,
                      double *restrict jacobian_theta_next_omega,
                      double *restrict jacobian_theta_next_dt,
                      double *restrict jacobian_omega_next_theta,
                      double *restrict jacobian_omega_next_omega,
                      double *restrict jacobian_omega_next_dt, void *workspace) {
  (void)workspace;
  const double theta_value = *theta;
  const double omega_value = *omega;
  const double dt_value = *dt;
  const double acceleration = -9.81 * sin(theta_value) - 0.1 * omega_value;
  const double t = dt_value * acceleration;
  const double omega_next_value = omega_value + t;
  *omega_next = omega_next_value;
  *theta_next = theta_value + dt_value * omega_next_value;
  const double t_2 = cos(theta_value);
  const double t_3 = dt_value * dt_value;
  *jacobian_theta_next_theta = 1.0 - t_3 * 9.81 * t_2;
  *jacobian_theta_next_omega = dt_value - t_3 * 0.1;
  *jacobian_theta_next_dt = omega_next_value + t;
  *jacobian_omega_next_theta = dt_value * -9.81 * t_2;
  *jacobian_omega_next_omega = 1.0 - dt_value * 0.1;
  *jacobian_omega_next_dt = acceleration;
  return 0;
}
