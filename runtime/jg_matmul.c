/* Decides how a matrix product is done: plain loops, gemv or gemm. The functions are written once,
 * in jg_matmul_body.h, and made here for double and for float. */
#include "include/jg_matmul.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "include/jg_parallel.h"
#include "jg_blas.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* gcc with -std=c11 has it off */
#endif

/* BLAS counts in 32 bits: longer extents are cut into blocks of this many. */
static const int64_t longest = INT64_C(1) << 30;

/* Products of fewer multiplications are not worth a library that takes longer to load than they
 * need (measured: see jg_matmul_body.h). By extents alone, so that nothing else decides the bits. */
static const int64_t worth_gemm = 16 * 16 * 16;
static const int64_t worth_gemv = 640;

/* Larger products are made in blocks of so many rows, which threads share: the same blocks for any number
 * of threads, so that these do not decide the bits. A block is worth at least so many multiplications. */
static const int64_t block_rows = 192;
static const int64_t worth_blocks = INT64_C(1) << 20;

/* How BLAS may see a matrix that is `rows` by `columns`: row-major with leading dimension
 * `leading`, as it is or transposed. */
typedef struct {
  int suits;
  int transposed;
  int leading;
} jg_layout;

static jg_layout layout(int64_t rows, int64_t columns, int64_t row, int64_t column) {
  /* The stride of an axis of extent 1 is never used; give it the value that suits. */
  if (columns == 1 && row >= 1) column = 1;
  if (rows == 1 && column == 1) row = columns;
  if (column == 1 && row >= columns && row <= INT_MAX) return (jg_layout){1, 0, (int)row};
  if (rows == 1 && column >= 1) row = 1;
  if (row == 1 && column >= rows && column <= INT_MAX) return (jg_layout){1, 1, (int)column};
  return (jg_layout){0, 0, 0};
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Whether BLAS takes a vector of this stride; its negative strides begin at the other end. */
static int is_increment(int64_t stride) { return stride >= 1 && stride <= INT_MAX; }

/* m n k >= limit, without overflow. */
static int is_worth(int64_t m, int64_t n, int64_t k, int64_t limit) {
  if (m >= limit || n >= limit || k >= limit) return 1;
  return m * n * k >= limit; /* the factors are small by now */
}

#define JG_T double
#define JG_NAME(name) name##_f64
#define JG_BLAS(name) d##name
#include "jg_matmul_body.h"
#undef JG_T
#undef JG_NAME
#undef JG_BLAS

#define JG_T float
#define JG_NAME(name) name##_f32
#define JG_BLAS(name) s##name
#include "jg_matmul_body.h"
