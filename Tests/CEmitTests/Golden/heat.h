/* heat, made by jit-grad
 *
 * in   u     double[h, w]
 * in   c     double
 * out  next  double[h, w]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * heat_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef HEAT_H
#define HEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t heat_workspace(int64_t h, int64_t w);

int heat(int64_t h, int64_t w, const double *u, const double *c, double *restrict next,
         void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
