/* lookup, made by jit-grad
 *
 * in   i    int64_t
 * in   x    double
 * out  y    double
 * out  row  double[3]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * lookup_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t lookup_workspace(void);

int lookup(const int64_t *i, const double *x, double *restrict y, double *restrict row,
           void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
