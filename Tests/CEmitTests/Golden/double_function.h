/* double_function, made by jit-grad
 *
 * in   int_2           double[size_of]
 * in   x___system__rm  double
 * in   while_          double
 * out  return_2        double
 * out  grad_1          double
 *
 * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that
 * double_function_workspace gives, aligned to 64 bytes; its content is free.
 * Returns 0, or 1 where sizes do not fit together; then nothing was written. */
#ifndef DOUBLE_FUNCTION_H
#define DOUBLE_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define restrict
#endif

/* Bytes of workspace for these sizes. */
size_t double_function_workspace(int64_t size_of);

int double_function(int64_t size_of, const double *int_2, const double *x___system__rm,
                    const double *while_, double *restrict return_2, double *restrict grad_1,
                    void *workspace);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
