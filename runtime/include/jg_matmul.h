/* Matrix products with any strides. Large ones go to OpenBLAS, which is loaded at the first such
 * product; small ones, strange layouts and machines without the library go to plain loops. Which
 * way is taken depends on extents and strides only, never on data, threads or history. */
#ifndef JG_MATMUL_H
#define JG_MATMUL_H

#include <stdint.h>

/* C = A B for A: m by k, B: k by n, C: m by n.
 *
 * A[i, p] is a[i a_row + p a_col], and so on; strides are in elements and may be 0 or negative for
 * A and B. Extents may be 0; k = 0 gives zeros. C may not overlap A or B, nor itself.
 * Fast where every matrix has one stride of 1 and the other at least the extent it skips; a stride
 * of 0 or two strides other than 1 take the plain loops, so materialize such an operand first when
 * m n k is large. Each element is a sum over p in some fixed order; NaN and inf propagate. */
void jg_matmul_f64(int64_t m, int64_t n, int64_t k, const double *a, int64_t a_row, int64_t a_col,
                   const double *b, int64_t b_row, int64_t b_col, double *c, int64_t c_row,
                   int64_t c_col);

/* As jg_matmul_f64, accumulated in float. */
void jg_matmul_f32(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_col,
                   const float *b, int64_t b_row, int64_t b_col, float *c, int64_t c_row,
                   int64_t c_col);

/* `batch` products; the matrices of the next one begin a_batch, b_batch and c_batch elements on. */
void jg_matmul_batched_f64(int64_t batch, int64_t m, int64_t n, int64_t k, const double *a,
                           int64_t a_batch, int64_t a_row, int64_t a_col, const double *b,
                           int64_t b_batch, int64_t b_row, int64_t b_col, double *c,
                           int64_t c_batch, int64_t c_row, int64_t c_col);

/* As jg_matmul_batched_f64, accumulated in float. */
void jg_matmul_batched_f32(int64_t batch, int64_t m, int64_t n, int64_t k, const float *a,
                           int64_t a_batch, int64_t a_row, int64_t a_col, const float *b,
                           int64_t b_batch, int64_t b_row, int64_t b_col, float *c,
                           int64_t c_batch, int64_t c_row, int64_t c_col);

/* What became of the BLAS library: no product has needed it yet, it is in use, or there is none. */
typedef enum { JG_BLAS_UNUSED, JG_BLAS_LOADED, JG_BLAS_MISSING } jg_blas_state;

jg_blas_state jg_blas_status(void);

/* Loads the library now, if it is not loaded. */
jg_blas_state jg_blas_load(void);

/* OpenBLAS's own description of itself, "" unless loaded; owned by the library. */
const char *jg_blas_configuration(void);

#endif
