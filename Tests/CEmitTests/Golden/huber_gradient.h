/* huber_gradient, made by jit-grad
 *
 * in   r           double[n]
 * in   delta       double
 * out  loss        double
 * out  grad_r      double[n]
 * out  grad_delta  double
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * huber_gradient_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef HUBER_GRADIENT_H
#define HUBER_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t huber_gradient_workspace(int64_t n);

int huber_gradient(int64_t n, const double *r, const double *delta, double *restrict loss,
                   double *restrict grad_r, double *restrict grad_delta, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
