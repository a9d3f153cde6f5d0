/* The matrix product for one element type: JG_T, with names made by JG_NAME and BLAS functions
 * chosen by JG_BLAS. Included by jg_matmul.c only, once a type, hence no guard. */

/* Plain loops against OpenBLAS 0.3.21 (Zen kernels, one thread), f64 on a busy machine, ns; the
 * plain ones reach 1/2 to 1 of the speed of BLAS below the limits, and save 15 to 50 ms of loading:
 *     m = n = k         4       8      12      16      24      32
 *     plain            41      94     265     596    1915    4405
 *     gemm            111     153     282     446    1796    3464
 *     m = k, n = 1      8      16      24      32      48      64
 *     plain            33      85     221     337     789     993
 *     gemv             95     110     137     187     307     523
 * float: as fast as gemm up to 32, and half as fast as gemv at 64. */

/* Where a matrix begins and how it is laid out; elements of A and B are only read. */
typedef struct {
  JG_T *start;
  int64_t row;
  int64_t column;
} JG_NAME(matrix);

static JG_T *JG_NAME(at)(JG_NAME(matrix) x, int64_t i, int64_t j) {
  return x.start + i * x.row + j * x.column;
}

/* Every way below adds up an element in the order of p, so that all give the same bits. */

/* C = A B, four elements of a row at once: their sums do not wait for each other. */
static void JG_NAME(by_elements)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a,
                                 JG_NAME(matrix) b, JG_NAME(matrix) c) {
  for (int64_t i = 0; i < m; i++) {
    const JG_T *x = JG_NAME(at)(a, i, 0);
    int64_t j = 0;
    for (; j + 4 <= n; j += 4) {
      const JG_T *y = JG_NAME(at)(b, 0, j);
      JG_T sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
      for (int64_t p = 0; p < k; p++) {
        const JG_T factor = x[p * a.column];
        const JG_T *z = y + p * b.row;
        sum0 += factor * z[0];
        sum1 += factor * z[b.column];
        sum2 += factor * z[2 * b.column];
        sum3 += factor * z[3 * b.column];
      }
      *JG_NAME(at)(c, i, j) = sum0;
      *JG_NAME(at)(c, i, j + 1) = sum1;
      *JG_NAME(at)(c, i, j + 2) = sum2;
      *JG_NAME(at)(c, i, j + 3) = sum3;
    }
    for (; j < n; j++) {
      const JG_T *y = JG_NAME(at)(b, 0, j);
      JG_T sum = 0;
      for (int64_t p = 0; p < k; p++) sum += x[p * a.column] * y[p * b.row];
      *JG_NAME(at)(c, i, j) = sum;
    }
  }
}

/* C = A B row by row, where rows of B and C are contiguous: the compiler vectorizes the inner
 * loop. */
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

/* 16 bytes that lie anywhere. */
typedef JG_T JG_NAME(lanes)
    __attribute__((vector_size(16), aligned(sizeof(JG_T)), may_alias));

/* A view of what lies behind row i and column j. */
static JG_NAME(matrix) JG_NAME(from)(JG_NAME(matrix) x, int64_t i, int64_t j) {
  return (JG_NAME(matrix)){JG_NAME(at)(x, i, j), x.row, x.column};
}

/* C = A B by tiles of 4 rows and 32 bytes, whose sums stay in registers; the columns of B that a
 * tile needs are made contiguous if they are not. For k up to 256. */
static void JG_NAME(by_tiles)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a,
                              JG_NAME(matrix) b, JG_NAME(matrix) c) {
  enum { width = 32 / sizeof(JG_T) };
  JG_T packed[256 * width];
  const int64_t rows = m - m % 4, columns = n - n % width;
  for (int64_t j = 0; j < columns; j += width) {
    const JG_T *panel = JG_NAME(at)(b, 0, j);
    int64_t step = b.row;
    if (b.column != 1) {
      for (int q = 0; q < width; q++) {
        for (int64_t p = 0; p < k; p++) packed[p * width + q] = *JG_NAME(at)(b, p, j + q);
      }
      panel = packed;
      step = width;
    }
    for (int64_t i = 0; i < rows; i += 4) {
      JG_NAME(lanes) sums[4][2] = {{{0}, {0}}, {{0}, {0}}, {{0}, {0}}, {{0}, {0}}};
      for (int64_t p = 0; p < k; p++) {
        const JG_T *x = JG_NAME(at)(a, i, p);
        const JG_NAME(lanes) *y = (const JG_NAME(lanes) *)(panel + p * step);
        for (int row = 0; row < 4; row++) {
          sums[row][0] += x[row * a.row] * y[0];
          sums[row][1] += x[row * a.row] * y[1];
        }
      }
      for (int row = 0; row < 4; row++) {
        for (int q = 0; q < width; q++) {
          *JG_NAME(at)(c, i + row, j + q) = sums[row][q / (width / 2)][q % (width / 2)];
        }
      }
    }
  }
  JG_NAME(by_elements)(rows, n - columns, k, a, JG_NAME(from)(b, 0, columns),
                       JG_NAME(from)(c, 0, columns));
  JG_NAME(by_elements)(m - rows, n, k, JG_NAME(from)(a, rows, 0), b, JG_NAME(from)(c, rows, 0));
}

static JG_NAME(matrix) JG_NAME(turned)(JG_NAME(matrix) x) {
  return (JG_NAME(matrix)){x.start, x.column, x.row};
}

static void JG_NAME(plainly)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a, JG_NAME(matrix) b,
                             JG_NAME(matrix) c) {
  if (m >= 4 && n >= 32 / (int64_t)sizeof(JG_T) && k <= 256) {
    JG_NAME(by_tiles)(m, n, k, a, b, c);
  } else if (n < 4 && m >= 4) {
    JG_NAME(plainly)(n, m, k, JG_NAME(turned)(b), JG_NAME(turned)(a), JG_NAME(turned)(c));
  } else if (b.column == 1 && c.column == 1 && n >= 4) {
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

static void JG_NAME(alone)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a, JG_NAME(matrix) b,
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

typedef struct {
  int64_t m, n, k;
  JG_NAME(matrix) a, b, c;
} JG_NAME(factors);

/* Blocks of rows of a product. */
static void JG_NAME(blocks)(const void *given, int64_t begin, int64_t end) {
  const JG_NAME(factors) x = *(const JG_NAME(factors) *)given;
  for (int64_t i = begin * block_rows; i < x.m && i < end * block_rows; i += block_rows) {
    JG_NAME(alone)(least(block_rows, x.m - i), x.n, x.k, JG_NAME(from)(x.a, i, 0), x.b,
                   JG_NAME(from)(x.c, i, 0));
  }
}

/* Large products by blocks of rows, or of columns where these are more. */
static void JG_NAME(product)(int64_t m, int64_t n, int64_t k, JG_NAME(matrix) a, JG_NAME(matrix) b,
                             JG_NAME(matrix) c) {
  if (n > m) {
    JG_NAME(product)(n, m, k, JG_NAME(turned)(b), JG_NAME(turned)(a), JG_NAME(turned)(c));
  } else if (m >= 2 * block_rows && n > 1 && is_worth(block_rows, n, k, worth_blocks)) {
    const JG_NAME(factors) given = {m, n, k, a, b, c};
    jg_parallel(JG_NAME(blocks), &given, (m - 1) / block_rows + 1, 1, worth_blocks);
  } else {
    JG_NAME(alone)(m, n, k, a, b, c);
  }
}

void JG_NAME(jg_matmul)(int64_t m, int64_t n, int64_t k, const JG_T *a, int64_t a_row,
                        int64_t a_col, const JG_T *b, int64_t b_row, int64_t b_col, JG_T *c,
                        int64_t c_row, int64_t c_col) {
  JG_NAME(product)(m, n, k, (JG_NAME(matrix)){(JG_T *)(uintptr_t)a, a_row, a_col},
                   (JG_NAME(matrix)){(JG_T *)(uintptr_t)b, b_row, b_col},
                   (JG_NAME(matrix)){c, c_row, c_col});
}

typedef struct {
  JG_NAME(factors) first;
  int64_t a_batch, b_batch, c_batch;
} JG_NAME(batch);

/* Some of a batch of products. */
static void JG_NAME(some)(const void *given, int64_t begin, int64_t end) {
  const JG_NAME(batch) x = *(const JG_NAME(batch) *)given;
  const JG_NAME(factors) y = x.first;
  for (int64_t i = begin; i < end; i++) {
    JG_NAME(product)(y.m, y.n, y.k,
                     (JG_NAME(matrix)){y.a.start + i * x.a_batch, y.a.row, y.a.column},
                     (JG_NAME(matrix)){y.b.start + i * x.b_batch, y.b.row, y.b.column},
                     (JG_NAME(matrix)){y.c.start + i * x.c_batch, y.c.row, y.c.column});
  }
}

void JG_NAME(jg_matmul_batched)(int64_t batch, int64_t m, int64_t n, int64_t k, const JG_T *a,
                                int64_t a_batch, int64_t a_row, int64_t a_col, const JG_T *b,
                                int64_t b_batch, int64_t b_row, int64_t b_col, JG_T *c,
                                int64_t c_batch, int64_t c_row, int64_t c_col) {
  const JG_NAME(batch) given = {{m, n, k,
                                 {(JG_T *)(uintptr_t)a, a_row, a_col},
                                 {(JG_T *)(uintptr_t)b, b_row, b_col},
                                 {c, c_row, c_col}},
                                a_batch, b_batch, c_batch};
  jg_parallel(JG_NAME(some), &given, batch, 1, is_worth(m, n, k, worth_blocks) ? worth_blocks : m * n * k);
}
