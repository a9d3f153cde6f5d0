/* pendulum_jvp, made by jit-grad
 *
 * in   theta           double
 * in   omega           double
 * in   dt              double
 * in   tan_theta       double
 * in   tan_omega       double
 * in   tan_dt          double
 * out  theta_next      double
 * out  omega_next      double
 * out  jvp_theta_next  double
 * out  jvp_omega_next  double
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * pendulum_jvp_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef PENDULUM_JVP_H
#define PENDULUM_JVP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t pendulum_jvp_workspace(void);

int pendulum_jvp(const double *theta, const double *omega, const double *dt,
                 const double *tan_theta, const double *tan_omega, const double *tan_dt,
                 double *restrict theta_next, double *restrict omega_next,
                 double *restrict jvp_theta_next, double *restrict jvp_omega_next,
                 void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
