/* softmax_rows, made by jit-grad
 *
 * in   z  double[n, k]
 * out  p  double[n, k]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * softmax_rows_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef SOFTMAX_ROWS_H
#define SOFTMAX_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t softmax_rows_workspace(int64_t n, int64_t k);

int softmax_rows(int64_t n, int64_t k, const double *z, double *restrict p, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
