/* LAPACK as jg_lapack.h calls it: functions of the loaded library; without one they fail. */
#include <stddef.h>

#include "jg_blas.h"

/* What a LAPACK function reports as `info` where there is no library. */
enum { NO_LIBRARY = -1000 };

#define FORWARD(name, parameters, arguments)          \
  void jg_loaded_##name parameters;                   \
  void jg_loaded_##name parameters {                  \
    const jg_blas *blas = jg_blas_get();              \
    if (blas) blas->name arguments;                   \
    else *info = NO_LIBRARY;                          \
  }

#define FORWARD_ALL(T, kind)                                                                       \
  FORWARD(kind##gelqf,                                                                             \
          (const int *m, const int *n, T *a, const int *lda, T *tau, T *work, const int *lwork,    \
           int *info),                                                                             \
          (m, n, a, lda, tau, work, lwork, info))                                                  \
  FORWARD(kind##orglq,                                                                             \
          (const int *m, const int *n, const int *k, T *a, const int *lda, const T *tau, T *work,  \
           const int *lwork, int *info),                                                           \
          (m, n, k, a, lda, tau, work, lwork, info))                                               \
  FORWARD(kind##syevd,                                                                             \
          (const char *jobz, const char *uplo, const int *n, T *a, const int *lda, T *w, T *work,  \
           const int *lwork, int *iwork, const int *liwork, int *info, size_t first,               \
           size_t second),                                                                         \
          (jobz, uplo, n, a, lda, w, work, lwork, iwork, liwork, info, first, second))             \
  FORWARD(kind##gesdd,                                                                             \
          (const char *jobz, const int *m, const int *n, T *a, const int *lda, T *s, T *u,         \
           const int *ldu, T *vt, const int *ldvt, T *work, const int *lwork, int *iwork,          \
           int *info, size_t first),                                                               \
          (jobz, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork, info, first))

FORWARD_ALL(double, d)
FORWARD_ALL(float, s)
