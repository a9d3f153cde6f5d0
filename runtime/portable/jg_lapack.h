/* The functions of LAPACK that jg_linalg.h calls, for shipped C, which is linked with -llapack (or
 * -lopenblas). JG_LAPACK(f) is the name of f for this kind of number: dgelqf_ or sgelqf_. Each gives
 * whether it succeeded; extents beyond the 32 bits of LAPACK do not. In this process the library is
 * opened when it is needed, see jg_lapack.c. */

static inline bool JG_NAME(jg_lapack_fits)(int64_t a, int64_t b, int64_t c) {
  return a <= INT32_MAX && b <= INT32_MAX && c <= INT32_MAX;
}

static inline bool JG_NAME(jg_lapack_gelqf)(int64_t m, int64_t n, JG_T *a, int64_t lda,
                                            JG_T *scales, JG_T *work, int64_t count) {
  extern void JG_LAPACK(gelqf)(const int32_t *, const int32_t *, JG_T *, const int32_t *, JG_T *,
                               JG_T *, const int32_t *, int32_t *);
  if (!JG_NAME(jg_lapack_fits)(m, n, count)) return false;
  const int32_t rows = (int32_t)m, columns = (int32_t)n, leading = (int32_t)lda;
  const int32_t size = (int32_t)count;
  int32_t info = 0;
  JG_LAPACK(gelqf)(&rows, &columns, a, &leading, scales, work, &size, &info);
  return info == 0;
}

static inline bool JG_NAME(jg_lapack_orglq)(int64_t m, int64_t n, int64_t k, JG_T *a, int64_t lda,
                                            const JG_T *scales, JG_T *work, int64_t count) {
  extern void JG_LAPACK(orglq)(const int32_t *, const int32_t *, const int32_t *, JG_T *,
                               const int32_t *, const JG_T *, JG_T *, const int32_t *, int32_t *);
  if (!JG_NAME(jg_lapack_fits)(m, n, count)) return false;
  const int32_t rows = (int32_t)m, columns = (int32_t)n, reflectors = (int32_t)k;
  const int32_t leading = (int32_t)lda, size = (int32_t)count;
  int32_t info = 0;
  JG_LAPACK(orglq)(&rows, &columns, &reflectors, a, &leading, scales, work, &size, &info);
  return info == 0;
}

static inline bool JG_NAME(jg_lapack_syevd)(int64_t n, JG_T *a, JG_T *w, JG_T *work, int64_t count,
                                            int32_t *integers, int64_t integer_count) {
  extern void JG_LAPACK(syevd)(const char *, const char *, const int32_t *, JG_T *,
                               const int32_t *, JG_T *, JG_T *, const int32_t *, int32_t *,
                               const int32_t *, int32_t *, size_t, size_t);
  if (!JG_NAME(jg_lapack_fits)(n, count, integer_count)) return false;
  const int32_t order = (int32_t)n, size = (int32_t)count, integer_size = (int32_t)integer_count;
  int32_t info = 0;
  JG_LAPACK(syevd)("V", "U", &order, a, &order, w, work, &size, integers, &integer_size, &info, 1,
                   1);
  return info == 0;
}

static inline bool JG_NAME(jg_lapack_gesdd)(int64_t m, int64_t n, JG_T *a, JG_T *s, JG_T *u,
                                            JG_T *vt, JG_T *work, int64_t count,
                                            int32_t *integers) {
  extern void JG_LAPACK(gesdd)(const char *, const int32_t *, const int32_t *, JG_T *,
                               const int32_t *, JG_T *, JG_T *, const int32_t *, JG_T *,
                               const int32_t *, JG_T *, const int32_t *, int32_t *, int32_t *,
                               size_t);
  if (!JG_NAME(jg_lapack_fits)(m, n, count)) return false;
  const int32_t rows = (int32_t)m, columns = (int32_t)n, size = (int32_t)count;
  const int32_t least = rows < columns ? rows : columns;
  int32_t info = 0;
  JG_LAPACK(gesdd)("S", &rows, &columns, a, &rows, s, u, &rows, vt, &least, work, &size, integers,
                   &info, 1);
  return info == 0;
}
