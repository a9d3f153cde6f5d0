#include "similarity_gradient.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smaller one. */
static inline int64_t jg_min_i64(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* The larger one. */
static inline int64_t jg_max_i64(int64_t a, int64_t b) {
  return a > b ? a : b;
}

size_t similarity_gradient_workspace(int64_t n, int64_t m) {
  (void)n;
  (void)m;
  return 0;
}

int similarity_gradient(int64_t n, int64_t m, const double *a, const double *b,
                        double *restrict s, double *restrict grad_a, double *restrict grad_b,
                        void *workspace) {
  (void)workspace;
  if (n < 0 || m < 0 || (n != m && n != 1 && m != 1)) return 1;
  const int64_t size = m == 1 ? n : m;
  const int64_t size_2 = jg_min_i64(1, n - 1);
  const int64_t size_3 = jg_min_i64(1, m - 1);
  const int64_t size_4 = jg_max_i64(1, m);
  const int64_t size_5 = size/size_4;
  const int64_t size_6 = jg_max_i64(1, n);
  const int64_t size_7 = size/size_6;
  double s_value = 0.0;
  /* line 5: s (sum) */
  for (int64_t i = 0; i < size; i++) {
    s_value += a[i*size_2] * b[i*size_3];
  }
  *s = s_value;
  /* line 5: grad_b (collapse) */
  for (int64_t i = 0; i < m; i++) {
    double grad_b_value = 0.0;
    for (int64_t j = 0; j < size_5; j++) {
      grad_b_value += a[(i + j)*size_2];
    }
    grad_b[i] = grad_b_value;
  }
  /* line 5: grad_a (collapse) */
  for (int64_t i = 0; i < n; i++) {
    double grad_a_value = 0.0;
    for (int64_t j = 0; j < size_7; j++) {
      grad_a_value += b[(i + j)*size_3];
    }
    grad_a[i] = grad_a_value;
  }
  return 0;
}
