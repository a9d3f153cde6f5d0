#include "softmax_rows.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The larger one; NaN if either is NaN; max(-0, +0) = +0. */
static inline double jg_max_f64(double a, double b) {
  if (a != a || b != b) return a + b;
  if (a == b) return copysign(1.0, a) > 0.0 ? a : b;
  return a > b ? a : b;
}

/* x is neither infinite nor NaN. */
static inline bool jg_is_finite_f64(double x) {
  return x - x == 0.0;
}

size_t softmax_rows_workspace(int64_t n, int64_t k) {
  const int64_t size = (8*k*n + 63)/64;
  return (size_t)(64*size);
}

int softmax_rows(int64_t n, int64_t k, const double *z, double *restrict p, void *workspace) {
  if (n < 0 || k < 0) return 1;
  double *const exp_values = (double *)workspace;
  /* line 5: max, exp, sum, p (divide) */
  for (int64_t i = 0; i < n; i++) {
    double max = -INFINITY;
    for (int64_t j = 0; j < k; j++) {
      max = jg_max_f64(max, z[k*i + j]);
    }
    const double t = jg_is_finite_f64(max) ? max : 0.0;
    double sum = 0.0;
    for (int64_t j = 0; j < k; j++) {
      const double t_2 = exp(z[k*i + j] - t);
      exp_values[k*i + j] = t_2;
      sum += t_2;
    }
    for (int64_t j = 0; j < k; j++) {
      p[k*i + j] = exp_values[k*i + j] / sum;
    }
  }
  return 0;
}
