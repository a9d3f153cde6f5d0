/* The functions of jg_linalg.h for one kind of number, with large matrices by the library: included by
 * jg_linalg.c. */

int JG_KERNEL(jg_cholesky)(int64_t n, const JG_T *a, JG_T *l) {
  const jg_blas *blas = library_for(n, n, n);
  if (!blas) {
    return JG_NAME(jg_cholesky)(n, a, l);
  }
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < n; j++) l[n * i + j] = j <= i ? a[n * i + j] : 0;
  }
  const int order = (int)n;
  int info = 0;
  /* Its upper triangle by columns is our lower one by rows. */
  blas->JG_BLAS(potrf)("U", &order, l, &order, &info, 1);
  if (info == 0 && l[n * n - 1] > 0) return 0;
  JG_NAME(jg_fill_nan)(n * n, l);
  return 1;
}

int JG_KERNEL(jg_triangular_solve)(int64_t rows, int64_t columns, int64_t left,
                                               int64_t lower, int64_t transposed, int64_t unit,
                                               const JG_T *t, const JG_T *b, JG_T *x) {
  const int64_t n = left ? rows : columns;
  const jg_blas *blas = library_for(rows, columns, n);
  if (!blas) {
    return JG_NAME(jg_triangular_solve)(rows, columns, left, lower, transposed, unit, t, b, x);
  }
  int status = 0;
  for (int64_t i = 0; !unit && i < n; i++) {
    if (t[(n + 1) * i] == 0) status = 1;
  }
  for (int64_t i = 0; i < rows * columns; i++) x[i] = b[i];
  blas->JG_BLAS(trsm)(JG_ROW_MAJOR, left ? JG_LEFT : JG_RIGHT, lower ? JG_LOWER : JG_UPPER,
                      transposed ? JG_TRANS : JG_NO_TRANS, unit ? JG_UNIT : JG_NON_UNIT, (int)rows,
                      (int)columns, 1, t, (int)n, x, (int)columns);
  return status;
}

/* Right-looking, in blocks of columns. */
void JG_KERNEL(jg_lu)(int64_t m, int64_t n, const JG_T *a, JG_T *lu, int64_t *order) {
  const int64_t least = m < n ? m : n;
  const jg_blas *blas = library_for(m, n, least);
  if (!blas) {
    JG_NAME(jg_lu)(m, n, a, lu, order);
    return;
  }
  for (int64_t i = 0; i < m * n; i++) lu[i] = a[i];
  for (int64_t i = 0; i < m; i++) order[i] = i;
  for (int64_t start = 0; start < least; start += LU_BLOCK) {
    const int64_t stop = start + LU_BLOCK < least ? start + LU_BLOCK : least;
    JG_NAME(jg_lu_columns)(m, n, start, stop, stop, lu, order);
    if (stop == n) continue;
    const int block = (int)(stop - start), right = (int)(n - stop), below = (int)(m - stop);
    blas->JG_BLAS(trsm)(JG_ROW_MAJOR, JG_LEFT, JG_LOWER, JG_NO_TRANS, JG_UNIT, block, right, 1,
                        lu + n * start + start, (int)n, lu + n * start + stop, (int)n);
    if (below > 0) {
      blas->JG_BLAS(gemm)(JG_ROW_MAJOR, JG_NO_TRANS, JG_NO_TRANS, below, right, block, -1,
                          lu + n * stop + start, (int)n, lu + n * start + stop, (int)n, 1,
                          lu + n * stop + stop, (int)n);
    }
  }
}

int JG_KERNEL(jg_qr)(int64_t m, int64_t n, const JG_T *a, JG_T *q, JG_T *r, JG_T *work) {
  return JG_NAME(jg_qr)(m, n, a, q, r, work);
}

int JG_KERNEL(jg_eigh)(int64_t n, const JG_T *a, JG_T *w, JG_T *v, JG_T *work,
                        int32_t *integers) {
  return JG_NAME(jg_eigh)(n, a, w, v, work, integers);
}

int JG_KERNEL(jg_svd)(int64_t m, int64_t n, const JG_T *a, JG_T *u, JG_T *s, JG_T *vt, JG_T *work,
                       int32_t *integers) {
  return JG_NAME(jg_svd)(m, n, a, u, s, vt, work, integers);
}
