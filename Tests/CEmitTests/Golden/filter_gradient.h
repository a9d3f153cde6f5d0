/* filter_gradient, made by jit-grad
 *
 * in   x       float[b, c, t]
 * in   k       float[o, c, 3]
 * out  energy  float
 * out  grad_x  float[b, c, t]
 * out  grad_k  float[o, c, 3]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * filter_gradient_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef FILTER_GRADIENT_H
#define FILTER_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes; SIZE_MAX where that does not fit. */
size_t filter_gradient_workspace(int64_t b, int64_t c, int64_t t, int64_t o);

int filter_gradient(int64_t b, int64_t c, int64_t t, int64_t o, const float *x, const float *k,
                    float *restrict energy, float *restrict grad_x, float *restrict grad_k,
                    void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
