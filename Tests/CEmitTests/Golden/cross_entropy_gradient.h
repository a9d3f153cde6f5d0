/* cross_entropy_gradient, made by jit-grad
 *
 * in   W       double[d, k]
 * in   X       double[n, d]
 * in   label   int64_t[n]
 * out  loss    double
 * out  grad_W  double[d, k]
 * out  grad_X  double[n, d]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * cross_entropy_gradient_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef CROSS_ENTROPY_GRADIENT_H
#define CROSS_ENTROPY_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes; SIZE_MAX where that does not fit. */
size_t cross_entropy_gradient_workspace(int64_t d, int64_t k, int64_t n);

int cross_entropy_gradient(int64_t d, int64_t k, int64_t n, const double *W, const double *X,
                           const int64_t *label, double *restrict loss, double *restrict grad_W,
                           double *restrict grad_X, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
