/* moving, made by jit-grad
 *
 * in   x        double[n]
 * in   decay    double
 * out  total    double[n]
 * out  average  double[n]
 * out  peak     double[n]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * moving_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef MOVING_H
#define MOVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t moving_workspace(int64_t n);

int moving(int64_t n, const double *x, const double *decay, double *restrict total,
           double *restrict average, double *restrict peak, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
