#include "blocks.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smaller one. */
static inline int64_t jg_min_i64(int64_t a, int64_t b) {
  return a < b ? a : b;
}

size_t blocks_workspace(int64_t n, int64_t m) {
  (void)n;
  (void)m;
  return 0;
}

int blocks(int64_t n, int64_t m, const double *x, double *restrict y, double *restrict z,
           void *workspace) {
  (void)workspace;
  if (n < 0 || m < 0) return 1;
  const int64_t size = n/2;
  const int64_t size_2 = jg_min_i64(3, n);
  if (n < 2 || m < n || n < size || m < size_2) return 1;
  /* line 6: y (subtract) */
  for (int64_t i = 0; i < size; i++) {
    for (int64_t j = 0; j < m; j++) {
      y[m*i + j] = x[m*i + j] * (double)(n - size) - (double)m;
    }
  }
  double t = 0.0;
  /* line 7: sum */
  for (int64_t i = 0; i < n - size; i++) {
    for (int64_t j = 0; j < size_2; j++) {
      t += x[m*size + m*i + j];
    }
  }
  *z = t / (double)(m*n + 1);
  return 0;
}
