/* What kernels call for matrices: the functions of portable/jg_linalg.h, of which those that are worth
 * it use the loaded library. Private to the runtime. */
#ifndef JG_LINALG_H
#define JG_LINALG_H

#include <stdint.h>

#define JG_DECLARE(T, kind)                                                                       \
  int jg_cholesky_##kind(int64_t n, const T *a, T *l);                                           \
  int jg_triangular_solve_##kind(int64_t rows, int64_t columns, int64_t left, int64_t lower,     \
                                  int64_t transposed, int64_t unit, const T *t, const T *b,       \
                                  T *x);                                                          \
  void jg_lu_##kind(int64_t m, int64_t n, const T *a, T *lu, int64_t *order);                     \
  int jg_qr_##kind(int64_t m, int64_t n, const T *a, T *q, T *r, T *work);                       \
  int jg_eigh_##kind(int64_t n, const T *a, T *w, T *v, T *work, int32_t *integers);             \
  int jg_svd_##kind(int64_t m, int64_t n, const T *a, T *u, T *s, T *vt, T *work,                \
                     int32_t *integers);

JG_DECLARE(double, f64)
JG_DECLARE(float, f32)

#undef JG_DECLARE

#endif
