/* bowl_hessian, made by jit-grad
 *
 * in   x            double[n]
 * in   A            double[n, n]
 * out  f            double
 * out  grad_x       double[n]
 * out  grad_A       double[n, n]
 * out  hessian_x_x  double[n, n]
 * out  hessian_A_x  double[n, n, n]
 * out  hessian_x_A  double[n, n, n]
 * out  hessian_A_A  double[n, n, n, n]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * bowl_hessian_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef BOWL_HESSIAN_H
#define BOWL_HESSIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t bowl_hessian_workspace(int64_t n);

int bowl_hessian(int64_t n, const double *x, const double *A, double *restrict f,
                 double *restrict grad_x, double *restrict grad_A, double *restrict hessian_x_x,
                 double *restrict hessian_A_x, double *restrict hessian_x_A,
                 double *restrict hessian_A_A, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
