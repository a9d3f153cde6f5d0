/* blocks, made by jit-grad
 *
 * in   x  double[n, m]
 * out  y  double[(n ÷÷ 2), m]
 * out  z  double
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * blocks_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t blocks_workspace(int64_t n, int64_t m);

int blocks(int64_t n, int64_t m, const double *x, double *restrict y, double *restrict z,
           void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
