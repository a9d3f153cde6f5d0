/* Linear algebra on one row-major matrix, for double and for float: this text is compiled once for
 * each, with JG_T the number and JG_NAME(f) the function f of that kind. Triangular work is done by plain
 * loops; orthogonal factors are LAPACK's, reached through jg_lapack functions of the same kind. LAPACK
 * sees a row-major matrix as its transpose, so A = QR is its LQ, and U and V change places.
 *
 * A function that gives an int gives 0, or 1 where there is no result (not positive definite, singular,
 * no convergence, a number that is not finite); it has filled its results with NaN then. Shipped C carries these functions verbatim: C99, no globals. */

static inline void JG_NAME(jg_fill_nan)(int64_t count, JG_T *x) {
  for (int64_t i = 0; i < count; i++) x[i] = (JG_T)NAN;
}

/* L of A = L L', of which the lower triangle is read. */
static inline int JG_NAME(jg_cholesky)(int64_t n, const JG_T *a, JG_T *l) {
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j <= i; j++) {
      JG_T rest = a[n * i + j];
      for (int64_t k = 0; k < j; k++) rest -= l[n * i + k] * l[n * j + k];
      if (j < i) l[n * i + j] = rest / l[n * j + j];
      else l[n * i + i] = rest > 0 ? (JG_T)sqrt(rest) : (JG_T)NAN;
    }
    for (int64_t j = i + 1; j < n; j++) l[n * i + j] = 0;
    if (!(l[n * i + i] > 0)) {
      JG_NAME(jg_fill_nan)(n * n, l);
      return 1;
    }
  }
  return 0;
}

/* X of T X = B for B: rows by columns, or of X T = B; T is lower or upper, perhaps transposed, and
 * has ones on its diagonal where `unit`. 1 where it has a zero there; X is what division makes of it. */
static inline int JG_NAME(jg_triangular_solve)(int64_t rows, int64_t columns, int64_t left,
                                               int64_t lower, int64_t transposed, int64_t unit,
                                               const JG_T *t, const JG_T *b, JG_T *x) {
  /* X T = B is T' X' = B': the same with the strides of X exchanged. */
  const int64_t n = left ? rows : columns, m = left ? columns : rows;
  const int64_t row = left ? columns : 1, column = left ? 1 : columns;
  const int64_t flipped = left ? transposed : !transposed;
  const int64_t t_row = flipped ? 1 : n, t_column = flipped ? n : 1;
  const int64_t forward = flipped ? !lower : lower;
  int status = 0;
  for (int64_t i = 0; i < rows * columns; i++) x[i] = b[i];
  for (int64_t step = 0; step < n; step++) {
    const int64_t i = forward ? step : n - 1 - step;
    for (int64_t done = 0; done < step; done++) {
      const int64_t k = forward ? done : n - 1 - done;
      const JG_T factor = t[t_row * i + t_column * k];
      for (int64_t j = 0; j < m; j++) {
        x[row * i + column * j] -= factor * x[row * k + column * j];
      }
    }
    if (unit) continue;
    const JG_T pivot = t[(n + 1) * i];
    if (pivot == 0) status = 1;
    for (int64_t j = 0; j < m; j++) x[row * i + column * j] /= pivot;
  }
  return status;
}

/* Eliminates below the diagonal in the columns from start up to stop of lu: m by n, whole rows change
 * places; columns from `until` on are left for later. */
static inline void JG_NAME(jg_lu_columns)(int64_t m, int64_t n, int64_t start, int64_t stop,
                                          int64_t until, JG_T *lu, int64_t *order) {
  for (int64_t k = start; k < stop; k++) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < m; i++) {
      if (fabs(lu[n * i + k]) > fabs(lu[n * pivot + k])) pivot = i;
    }
    if (pivot != k) {
      const int64_t place = order[k];
      order[k] = order[pivot];
      order[pivot] = place;
      for (int64_t j = 0; j < n; j++) {
        const JG_T x = lu[n * k + j];
        lu[n * k + j] = lu[n * pivot + j];
        lu[n * pivot + j] = x;
      }
    }
    if (lu[n * k + k] == 0) continue;
    for (int64_t i = k + 1; i < m; i++) {
      const JG_T factor = lu[n * i + k] /= lu[n * k + k];
      for (int64_t j = k + 1; j < until; j++) lu[n * i + j] -= factor * lu[n * k + j];
    }
  }
}

/* A[order] = L U, both in lu; each pivot is the first of the largest of its column. */
static inline void JG_NAME(jg_lu)(int64_t m, int64_t n, const JG_T *a, JG_T *lu, int64_t *order) {
  for (int64_t i = 0; i < m * n; i++) lu[i] = a[i];
  for (int64_t i = 0; i < m; i++) order[i] = i;
  JG_NAME(jg_lu_columns)(m, n, 0, m < n ? m : n, n, lu, order);
}

/* A = Q R with k = min(m, n) columns in Q. work: m n + k + 32 n + 32 numbers. */
static inline int JG_NAME(jg_qr)(int64_t m, int64_t n, const JG_T *a, JG_T *q, JG_T *r,
                                 JG_T *work) {
  const int64_t k = m < n ? m : n;
  JG_T *factor = work, *scales = factor + m * n, *room = scales + k;
  if (k == 0) return 0;
  for (int64_t i = 0; i < m * n; i++) factor[i] = a[i];
  if (!JG_NAME(jg_lapack_gelqf)(n, m, factor, n, scales, room, 32 * n)) {
    JG_NAME(jg_fill_nan)(m * k, q);
    JG_NAME(jg_fill_nan)(k * n, r);
    return 1;
  }
  for (int64_t i = 0; i < k; i++) {
    for (int64_t j = 0; j < n; j++) r[n * i + j] = j < i ? 0 : factor[n * i + j];
  }
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < k; j++) q[k * i + j] = factor[n * i + j];
  }
  if (JG_NAME(jg_lapack_orglq)(k, m, k, q, k, scales, room, 32 * n)) return 0;
  JG_NAME(jg_fill_nan)(m * k, q);
  return 1;
}

/* The sign that makes the first of the largest of so many elements positive. */
static inline JG_T JG_NAME(jg_sign_of_largest)(int64_t count, int64_t stride, const JG_T *x) {
  int64_t largest = 0;
  for (int64_t i = 1; i < count; i++) {
    if (fabs(x[stride * i]) > fabs(x[stride * largest])) largest = i;
  }
  return x[stride * largest] < 0 ? -1 : 1;
}

/* A = V diag(w) V' of a symmetric A, of which the lower triangle is read.
 * work: 2 n n + 6 n + 1 numbers; integers: 5 n + 3. */
static inline int JG_NAME(jg_eigh)(int64_t n, const JG_T *a, JG_T *w, JG_T *v, JG_T *work,
                                   int32_t *integers) {
  if (n == 0) return 0;
  bool is_finite = true;
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < n; j++) {
      v[n * i + j] = a[n * i + j];
      if (j <= i && !(fabs(a[n * i + j]) < (JG_T)INFINITY)) is_finite = false;
    }
  }
  if (!is_finite || !JG_NAME(jg_lapack_syevd)(n, v, w, work, 2 * n * n + 6 * n + 1, integers,
                                              5 * n + 3)) {
    JG_NAME(jg_fill_nan)(n, w);
    JG_NAME(jg_fill_nan)(n * n, v);
    return 1;
  }
  /* The vectors came as rows. */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < i; j++) {
      const JG_T x = v[n * i + j];
      v[n * i + j] = v[n * j + i];
      v[n * j + i] = x;
    }
  }
  for (int64_t j = 0; j < n; j++) {
    const JG_T sign = JG_NAME(jg_sign_of_largest)(n, n, v + j);
    for (int64_t i = 0; i < n; i++) v[n * i + j] *= sign;
  }
  return 0;
}

/* A = U diag(s) V' with k = min(m, n) values; vt is V'.
 * work: m n + 4 k k + 7 k + 32 (m + n) + 1 numbers; integers: 8 k + 1. */
static inline int JG_NAME(jg_svd)(int64_t m, int64_t n, const JG_T *a, JG_T *u, JG_T *s, JG_T *vt,
                                  JG_T *work, int32_t *integers) {
  const int64_t k = m < n ? m : n;
  if (k == 0) return 0;
  bool is_finite = true;
  for (int64_t i = 0; i < m * n; i++) {
    work[i] = a[i];
    if (!(fabs(a[i]) < (JG_T)INFINITY)) is_finite = false;
  }
  if (!is_finite ||
      !JG_NAME(jg_lapack_gesdd)(n, m, work, s, vt, u, work + m * n,
                                4 * k * k + 7 * k + 32 * (m + n) + 1, integers)) {
    JG_NAME(jg_fill_nan)(m * k, u);
    JG_NAME(jg_fill_nan)(k, s);
    JG_NAME(jg_fill_nan)(k * n, vt);
    return 1;
  }
  for (int64_t j = 0; j < k; j++) {
    const JG_T sign = JG_NAME(jg_sign_of_largest)(m, k, u + j);
    for (int64_t i = 0; i < m; i++) u[k * i + j] *= sign;
    for (int64_t i = 0; i < n; i++) vt[n * j + i] *= sign;
  }
  return 0;
}
