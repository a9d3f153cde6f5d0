/* statistics, made by jit-grad
 *
 * in   x             double[n, d]
 * out  centre        double[d]
 * out  spread        double[d]
 * out  lowest        double[d]
 * out  where_lowest  int64_t[d]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * statistics_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t statistics_workspace(int64_t n, int64_t d);

int statistics(int64_t n, int64_t d, const double *x, double *restrict centre,
               double *restrict spread, double *restrict lowest, int64_t *restrict where_lowest,
               void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
