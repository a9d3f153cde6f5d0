/* horner, made by jit-grad
 *
 * in   x  float
 * in   c  float[4]
 * out  p  float
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * horner_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef HORNER_H
#define HORNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t horner_workspace(void);

int horner(const float *x, const float *c, float *restrict p, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
