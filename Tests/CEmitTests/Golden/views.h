/* views, made by jit-grad
 *
 * in   x  double[n, 6]
 * out  y  double[3, n]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * views_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef VIEWS_H
#define VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t views_workspace(int64_t n);

int views(int64_t n, const double *x, double *restrict y, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
