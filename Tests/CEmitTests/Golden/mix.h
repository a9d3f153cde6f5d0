/* mix, made by jit-grad
 *
 * in   a     int64_t[n]
 * in   b     int64_t[n]
 * in   s     int32_t
 * out  hash  int64_t[n]
 * out  odd   bool[n]
 * out  t     int32_t
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * mix_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef MIX_H
#define MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t mix_workspace(int64_t n);

int mix(int64_t n, const int64_t *a, const int64_t *b, const int32_t *s, int64_t *restrict hash,
        bool *restrict odd, int32_t *restrict t, void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
