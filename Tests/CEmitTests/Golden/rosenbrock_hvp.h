/* rosenbrock_hvp, made by jit-grad
 *
 * in   x       double[n]
 * in   tan_x   double[n]
 * out  f       double
 * out  grad_x  double[n]
 * out  hvp_x   double[n]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * rosenbrock_hvp_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef ROSENBROCK_HVP_H
#define ROSENBROCK_HVP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t rosenbrock_hvp_workspace(int64_t n);

int rosenbrock_hvp(int64_t n, const double *x, const double *tan_x, double *restrict f,
                   double *restrict grad_x, double *restrict hvp_x, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
