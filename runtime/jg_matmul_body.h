/* The matrix product for one element type: JG_T, with names made by JG_NAME and BLAS functions
 * chosen by JG_BLAS. Included by jg_matmul.c only, once a type, hence no guard. */

/* Plain loops against OpenBLAS 0.3.21 (Zen 2 kernels, one thread), f64, ns:
 *     m = n = k     4        6        8       10       16       32
 *     plain        43      135      207      421     1162     7039
 *     gemm        105      146      145      232      447     2369
 * and m = k, n = 1: 16: 92 and 82, 32: 454 and 165. Calls below 64 cost more to set up. */

/* Where a matrix begins and how it is laid out; elements of A and B are only read. */
typedef struct {
  JG_T *start;
  int64_t row;
  int64_t column;
} JG_NAME(matrix);

static JG_T *JG_NAME(at)(JG_NAME(matrix) x, int64_t i, int64_t j) {
  return x.start + i * x.row + j * x.column;
}

/* C = A B with each element summed on its own: for narrow results. */
static void JG_NAME(by_elements)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a,
                                 JG_NAME(matrix) b, JG_NAME(matrix) c) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      const JG_T *x = JG_NAME(at)(a, i, 0), *y = JG_NAME(at)(b, 0, j);
      JG_T sum = 0;
      for (int64_t p = 0; p < k; p++) sum += x[p * a.column] * y[p * b.row];
      *JG_NAME(at)(c, i, j) = sum;
    }
  }
}

/* C = A B row by row, where rows of B and C are contiguous: the compiler vectorizes the inner loop,
 * and the order of each sum is that of `by_elements`. */
static void JG_NAME(by_rows)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a, JG_NAME(matrix) b,
                             JG_NAME(matrix) c) {
  for (int64_t i = 0; i < m; i++) {
    JG_T *restrict y = JG_NAME(at)(c, i, 0);
    for (int64_t j = 0; j < n; j++) y[j] = 0;
    for (int64_t p = 0; p < k; p++) {
      const JG_T factor = *JG_NAME(at)(a, i, p);
      const JG_T *restrict x = JG_NAME(at)(b, p, 0);
      for (int64_t j = 0; j < n; j++) y[j] += factor * x[j];
    }
  }
}

static void JG_NAME(plainly)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a, JG_NAME(matrix) b,
                             JG_NAME(matrix) c) {
  if (b.column == 1 && c.column == 1 && n >= 4) {
    JG_NAME(by_rows)(m, n, k, a, b, c);
  } else {
    JG_NAME(by_elements)(m, n, k, a, b, c);
  }
}

/* y = A x by gemv, where A is m by k; returns 0 if the layouts do not suit. beta is 1 over zeros,
 * because 0 · NaN of uninitialized memory must not come through. */
static int JG_NAME(with_gemv)(int64_t m, int64_t k, JG_NAME(matrix) a, const JG_T *x,
                              int64_t x_stride, JG_T *y, int64_t y_stride) {
  const jg_layout as = layout(m, k, a.row, a.column);
  if (!as.suits || !is_increment(x_stride) || !is_increment(y_stride)) return 0;
  const jg_blas *blas = jg_blas_get();
  if (!blas) return 0;
  for (int64_t i = 0; i < m; i++) y[i * y_stride] = 0;
  for (int64_t i = 0; i < m; i += longest) {
    for (int64_t p = 0; p < k; p += longest) {
      const int rows = (int)least(longest, m - i), columns = (int)least(longest, k - p);
      blas->JG_BLAS(gemv)(JG_ROW_MAJOR, as.transposed ? JG_TRANS : JG_NO_TRANS,
                          as.transposed ? columns : rows, as.transposed ? rows : columns, 1,
                          JG_NAME(at)(a, i, p), as.leading, x + p * x_stride, (int)x_stride, 1,
                          y + i * y_stride, (int)y_stride);
    }
  }
  return 1;
}

/* C = A B by gemm; returns 0 if the layouts do not suit. C must be row-major here. */
static int JG_NAME(with_gemm)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a, JG_NAME(matrix) b,
                              JG_NAME(matrix) c) {
  const jg_layout as = layout(m, k, a.row, a.column), bs = layout(k, n, b.row, b.column);
  const jg_layout cs = layout(m, n, c.row, c.column);
  if (!as.suits || !bs.suits || !cs.suits || cs.transposed) return 0;
  const jg_blas *blas = jg_blas_get();
  if (!blas) return 0;
  for (int64_t i = 0; i < m; i += longest) {
    for (int64_t j = 0; j < n; j += longest) {
      for (int64_t p = 0; p < k; p += longest) {
        blas->JG_BLAS(gemm)(JG_ROW_MAJOR, as.transposed ? JG_TRANS : JG_NO_TRANS,
                            bs.transposed ? JG_TRANS : JG_NO_TRANS, (int)least(longest, m - i),
                            (int)least(longest, n - j), (int)least(longest, k - p), 1,
                            JG_NAME(at)(a, i, p), as.leading, JG_NAME(at)(b, p, j), bs.leading,
                            p == 0 ? 0 : 1, JG_NAME(at)(c, i, j), cs.leading);
      }
    }
  }
  return 1;
}

static JG_NAME(matrix) JG_NAME(turned)(JG_NAME(matrix) x) {
  return (JG_NAME(matrix)){x.start, x.column, x.row};
}

static void JG_NAME(product)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a, JG_NAME(matrix) b,
                             JG_NAME(matrix) c) {
  if (m <= 0 || n <= 0) return;
  int done = 0;
  if (k > 0 && (m == 1 || n == 1) && is_worth(m, n, k, worth_gemv)) {
    done = n == 1 ? JG_NAME(with_gemv)(m, k, a, b.start, b.row, c.start, c.row)
                  : JG_NAME(with_gemv)(n, k, JG_NAME(turned)(b), a.start, a.column, c.start,
                                       c.column);
  } else if (k > 1 && is_worth(m, n, k, worth_gemm)) {
    done = JG_NAME(with_gemm)(m, n, k, a, b, c) ||
           JG_NAME(with_gemm)(n, m, k, JG_NAME(turned)(b), JG_NAME(turned)(a), JG_NAME(turned)(c));
  }
  if (!done) JG_NAME(plainly)(m, n, k, a, b, c);
}

void JG_NAME(jg_matmul)(int64_t m, int64_t n, int64_t k, const JG_T *a, int64_t a_row,
                        int64_t a_col, const JG_T *b, int64_t b_row, int64_t b_col, JG_T *c,
                        int64_t c_row, int64_t c_col) {
  JG_NAME(product)(m, n, k, (JG_NAME(matrix)){(JG_T *)(uintptr_t)a, a_row, a_col},
                   (JG_NAME(matrix)){(JG_T *)(uintptr_t)b, b_row, b_col},
                   (JG_NAME(matrix)){c, c_row, c_col});
}

void JG_NAME(jg_matmul_batched)(int64_t batch, int64_t m, int64_t n, int64_t k, const JG_T *a,
                                int64_t a_batch, int64_t a_row, int64_t a_col, const JG_T *b,
                                int64_t b_batch, int64_t b_row, int64_t b_col, JG_T *c,
                                int64_t c_batch, int64_t c_row, int64_t c_col) {
  for (int64_t i = 0; i < batch; i++) {
    JG_NAME(jg_matmul)(m, n, k, a + i * a_batch, a_row, a_col, b + i * b_batch, b_row, b_col,
                       c + i * c_batch, c_row, c_col);
  }
}
