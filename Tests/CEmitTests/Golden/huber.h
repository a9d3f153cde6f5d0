/* huber, made by jit-grad
 *
 * in   r      double[n]
 * in   delta  double
 * out  loss   double
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * huber_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef HUBER_H
#define HUBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t huber_workspace(int64_t n);

int huber(int64_t n, const double *r, const double *delta, double *restrict loss, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
