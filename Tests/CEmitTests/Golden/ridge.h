/* ridge, made by jit-grad
 *
 * in   w       double[d]
 * in   X       double[n, d]
 * in   y       double[n]
 * in   lambda  double
 * out  loss    double
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * ridge_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef RIDGE_H
#define RIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t ridge_workspace(int64_t d, int64_t n);

int ridge(int64_t d, int64_t n, const double *w, const double *X, const double *y,
          const double *lambda, double *restrict loss, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
