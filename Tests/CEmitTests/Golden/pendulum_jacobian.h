/* pendulum_jacobian, made by jit-grad
 *
 * in   theta                      double
 * in   omega                      double
 * in   dt                         double
 * out  theta_next                 double
 * out  omega_next                 double
 * out  jacobian_theta_next_theta  double
 * out  jacobian_theta_next_omega  double
 * out  jacobian_theta_next_dt     double
 * out  jacobian_omega_next_theta  double
 * out  jacobian_omega_next_omega  double
 * out  jacobian_omega_next_dt     double
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * pendulum_jacobian_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef PENDULUM_JACOBIAN_H
#define PENDULUM_JACOBIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t pendulum_jacobian_workspace(void);

int pendulum_jacobian(const double *theta, const double *omega, const double *dt,
                      double *restrict theta_next, double *restrict omega_next,
                      double *restrict jacobian_theta_next_theta,
                      double *restrict jacobian_theta_next_omega,
                      double *restrict jacobian_theta_next_dt,
                      double *restrict jacobian_omega_next_theta,
                      double *restrict jacobian_omega_next_omega,
                      double *restrict jacobian_omega_next_dt, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
