/* logistic_gradient, made by jit-grad
 *
 * in   w       double[d]
 * in   b       double
 * in   X       double[n, d]
 * in   t       double[n]
 * out  loss    double
 * out  grad_w  double[d]
 * out  grad_b  double
 * out  grad_X  double[n, d]
 * out  grad_t  double[n]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * logistic_gradient_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef LOGISTIC_GRADIENT_H
#define LOGISTIC_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t logistic_gradient_workspace(int64_t d, int64_t n);

int logistic_gradient(int64_t d, int64_t n, const double *w, const double *b, const double *X,
                      const double *t, double *restrict loss, double *restrict grad_w,
                      double *restrict grad_b, double *restrict grad_X, double *restrict grad_t,
                      void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
