/* ridge_gradient, made by jit-grad
 *
 * in   w            double[d]
 * in   X            double[n, d]
 * in   y            double[n]
 * in   lambda       double
 * out  loss         double
 * out  grad_w       double[d]
 * out  grad_X       double[n, d]
 * out  grad_y       double[n]
 * out  grad_lambda  double
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * ridge_gradient_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef RIDGE_GRADIENT_H
#define RIDGE_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t ridge_gradient_workspace(int64_t d, int64_t n);

int ridge_gradient(int64_t d, int64_t n, const double *w, const double *X, const double *y,
                   const double *lambda, double *restrict loss, double *restrict grad_w,
                   double *restrict grad_X, double *restrict grad_y, double *restrict grad_lambda,
                   void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
