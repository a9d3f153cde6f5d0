/* Linear algebra for kernels: the portable functions for small matrices, the loaded OpenBLAS for
 * large ones. Which way is taken depends on extents only. */
#include "jg_linalg.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "jg_blas.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* gcc with -std=c11 has it off */
#endif

/* Fewer multiplications are quicker by plain loops than by a call of the library. */
static const double worth_a_library = 32.0 * 32 * 32;

/* Columns that are factored by plain loops before the rest follows by products. */
enum { LU_BLOCK = 32 };

/* The library, where so many multiplications of matrices of such extents are worth it. */
static const jg_blas *library_for(int64_t m, int64_t n, int64_t k) {
  if (m > INT_MAX || n > INT_MAX || k > INT_MAX) return NULL;
  return (double)m * (double)n * (double)k < worth_a_library ? NULL : jg_blas_get();
}

#define JG_T double
#define JG_KERNEL(name) name##_f64
#define JG_NAME(name) name##_plain_f64
#define JG_LAPACK(name) jg_loaded_d##name
#define JG_BLAS(name) d##name
#include "portable/jg_lapack.h"
#include "portable/jg_linalg.h"
#include "jg_linalg_body.h"
#undef JG_T
#undef JG_KERNEL
#undef JG_NAME
#undef JG_LAPACK
#undef JG_BLAS

#define JG_T float
#define JG_KERNEL(name) name##_f32
#define JG_NAME(name) name##_plain_f32
#define JG_LAPACK(name) jg_loaded_s##name
#define JG_BLAS(name) s##name
#include "portable/jg_lapack.h"
#include "portable/jg_linalg.h"
#include "jg_linalg_body.h"
