/* similarity_gradient, made by jit-grad
 *
 * in   a       double[n]
 * in   b       double[m]
 * out  s       double
 * out  grad_a  double[n]
 * out  grad_b  double[m]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * similarity_gradient_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef SIMILARITY_GRADIENT_H
#define SIMILARITY_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t similarity_gradient_workspace(int64_t n, int64_t m);

int similarity_gradient(int64_t n, int64_t m, const double *a, const double *b,
                        double *restrict s, double *restrict grad_a, double *restrict grad_b,
                        void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
