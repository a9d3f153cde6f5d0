/* embed_gradient, made by jit-grad
 *
 * in   E         double[words, d]
 * in   sentence  int64_t[n]
 * in   w         double[d]
 * out  score     double
 * out  grad_E    double[words, d]
 * out  grad_w    double[d]
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * embed_gradient_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef EMBED_GRADIENT_H
#define EMBED_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t embed_gradient_workspace(int64_t words, int64_t d, int64_t n);

int embed_gradient(int64_t words, int64_t d, int64_t n, const double *E, const int64_t *sentence,
                   const double *w, double *restrict score, double *restrict grad_E,
                   double *restrict grad_w, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
