#include "cross_entropy_gradient.h"

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

size_t cross_entropy_gradient_workspace(int64_t d, int64_t k, int64_t n) {
  (void)d;
  if (512.0*(double)n + 2048.0*(double)k*(double)n > 9e18) return SIZE_MAX;
  const int64_t size = (8*k*n + 63)/64;
  const int64_t size_2 = (8*n + 63)/64;
  return (size_t)(256*size + 64*size_2);
}

int cross_entropy_gradient(int64_t d, int64_t k, int64_t n, const double *W, const double *X,
                           const int64_t *label, double *restrict loss, double *restrict grad_W,
                           double *restrict grad_X, void *workspace) {
  if (d < 0 || k < 0 || n < 1) return 1;
  const int64_t size = jg_min_i64(1, n);
  const int64_t size_2 = (8*k*n + 63)/64;
  const int64_t size_3 = (8*n + 63)/64;
  if (k < size) return 1;
  double *const dot = (double *)workspace;
  double *const values = (double *)((char *)workspace + 64*size_2);
  double *const exp_values = (double *)((char *)workspace + 128*size_2);
  double *const sum = (double *)((char *)workspace + 192*size_2);
  double *const scatter = (double *)((char *)workspace + 192*size_2 + 64*size_3);
  double *const values_2 = (double *)workspace;
  double sum_value = 0.0;
  /* line 4: dot, max, subtract, exp, sum; line 5: scatter; line 6: sum */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < k; j++) {
      dot[k*i + j] = 0.0;
    }
    for (int64_t j = 0; j < d; j++) {
      for (int64_t k_2 = 0; k_2 < k; k_2++) {
        dot[k*i + k_2] += X[d*i + j] * W[k*j + k_2];
      }
    }
    double max = -INFINITY;
    for (int64_t j = 0; j < k; j++) {
      max = jg_max_f64(max, dot[k*i + j]);
    }
    const double t_2 = jg_is_finite_f64(max) ? max : 0.0;
    double sum_value_2 = 0.0;
    for (int64_t j = 0; j < k; j++) {
      const double t_3 = dot[k*i + j] - t_2;
      values[k*i + j] = t_3;
      const double t_4 = exp(t_3);
      exp_values[k*i + j] = t_4;
      sum_value_2 += t_4;
      scatter[k*i + j] = 0.0;
    }
    sum[i] = sum_value_2;
    const int64_t at = jg_min_i64(jg_max_i64(label[i], 0), k - 1);
    sum_value += values[k*i + at] - log(sum_value_2);
  }
  *loss = -sum_value / (double)n;
  const double t = -(1.0 / (double)n);
  /* line 5: scatter */
  for (int64_t i = 0; i < n; i++) {
    const int64_t at = jg_min_i64(jg_max_i64(label[i], 0), k - 1);
    scatter[k*i + at] += t;
  }
  /* line 4: collapse, add, grad_X (dot) */
  for (int64_t i = 0; i < n; i++) {
    double sum_value_2 = 0.0;
    for (int64_t j = 0; j < k; j++) {
      sum_value_2 -= scatter[k*i + j];
    }
    const double t_2 = sum_value_2 * (1.0 / sum[i]);
    for (int64_t j = 0; j < k; j++) {
      values_2[k*i + j] = scatter[k*i + j] + t_2 * exp_values[k*i + j];
    }
    for (int64_t j = 0; j < d; j++) {
      double grad_X_value = 0.0;
      for (int64_t k_2 = 0; k_2 < k; k_2++) {
        grad_X_value += values_2[k*i + k_2] * W[k*j + k_2];
      }
      grad_X[d*i + j] = grad_X_value;
    }
  }
  /* line 4: grad_W (dot) */
  for (int64_t i = 0; i < d; i++) {
    for (int64_t j = 0; j < k; j++) {
      grad_W[k*i + j] = 0.0;
    }
    for (int64_t j = 0; j < n; j++) {
      for (int64_t k_2 = 0; k_2 < k; k_2++) {
        grad_W[k*i + k_2] += X[d*j + i] * values_2[k*j + k_2];
      }
    }
  }
  return 0;
}
