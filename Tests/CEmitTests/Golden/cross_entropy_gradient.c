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
  const int64_t size = (8*d*k + 63)/64;
  const int64_t size_2 = (8*k*n + 63)/64;
  const int64_t size_3 = jg_max_i64(64*size, 64*size_2);
  const int64_t size_4 = (8*n + 63)/64;
  return (size_t)(size_3 + 192*size_2 + 64*size_4);
}

int cross_entropy_gradient(int64_t d, int64_t k, int64_t n, const double *W, const double *X,
                           const int64_t *label, double *restrict loss, double *restrict grad_W,
                           double *restrict grad_X, void *workspace) {
  if (d < 0 || k < 0 || n < 0) return 1;
  const int64_t size = jg_min_i64(1, n);
  const int64_t size_2 = (8*k*n + 63)/64;
  const int64_t size_3 = (8*d*k + 63)/64;
  const int64_t size_4 = jg_max_i64(64*size_3, 64*size_2);
  const int64_t size_5 = (8*n + 63)/64;
  if (n < 1 || k < size) return 1;
  double *const t = (double *)workspace;
  double *const t_2 = (double *)((char *)workspace + 64*size_2);
  double *const t_3 = (double *)((char *)workspace + size_4 + 64*size_2);
  double *const t_4 = (double *)((char *)workspace + size_4 + 128*size_2);
  double *const t_5 = (double *)((char *)workspace + size_4 + 128*size_2 + 64*size_5);
  double *const t_6 = (double *)workspace;
  double *const t_7 = (double *)((char *)workspace + 64*size_2);
  double t_8 = 0.0;
  /* line 4: dot, max, subtract, exp, sum; line 5: scatter; line 6: sum */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < k; j++) {
      t[k*i + j] = 0.0;
    }
    for (int64_t j = 0; j < d; j++) {
      for (int64_t k_2 = 0; k_2 < k; k_2++) {
        t[k*i + k_2] += X[d*i + j] * W[k*j + k_2];
      }
    }
    double t_9 = -INFINITY;
    for (int64_t j = 0; j < k; j++) {
      t_9 = jg_max_f64(t_9, t[k*i + j]);
    }
    const double t_10 = jg_is_finite_f64(t_9) ? t_9 : 0.0;
    double t_11 = 0.0;
    for (int64_t j = 0; j < k; j++) {
      const double t_12 = t[k*i + j] - t_10;
      t_2[k*i + j] = t_12;
      const double t_13 = exp(t_12);
      t_3[k*i + j] = t_13;
      t_11 += t_13;
      t_5[k*i + j] = 0.0;
    }
    t_4[i] = t_11;
    const int64_t at = jg_min_i64(jg_max_i64(label[i], 0), k - 1);
    t_8 += t_2[k*i + at] - log(t_11);
  }
  *loss = -t_8 / (double)n;
  const double t_14 = -(1.0 / (double)n);
  /* line 5: scatter */
  for (int64_t i = 0; i < n; i++) {
    const int64_t at_2 = jg_min_i64(jg_max_i64(label[i], 0), k - 1);
    t_5[k*i + at_2] += t_14;
  }
  /* line 4: collapse, sum, add, grad_X (dot) */
  for (int64_t i = 0; i < n; i++) {
    double t_15 = 0.0;
    for (int64_t j = 0; j < k; j++) {
      t_15 += -t_5[k*i + j];
    }
    double t_16 = 0.0;
    t_16 += t_15;
    const double t_17 = t_16 * (1.0 / t_4[i]);
    for (int64_t j = 0; j < k; j++) {
      t_6[k*i + j] = t_5[k*i + j] + t_17 * t_3[k*i + j];
    }
    for (int64_t j = 0; j < d; j++) {
      double grad_X_value = 0.0;
      for (int64_t k_2 = 0; k_2 < k; k_2++) {
        grad_X_value += t_6[k*i + k_2] * W[k*j + k_2];
      }
      grad_X[d*i + j] = grad_X_value;
    }
  }
  /* line 4: dot */
  for (int64_t i = 0; i < k; i++) {
    for (int64_t j = 0; j < d; j++) {
      t_7[d*i + j] = 0.0;
    }
    for (int64_t j = 0; j < n; j++) {
      for (int64_t k_2 = 0; k_2 < d; k_2++) {
        t_7[d*i + k_2] += t_6[k*j + i] * X[d*j + k_2];
      }
    }
  }
  /* grad_W */
  for (int64_t i = 0; i < d; i++) {
    for (int64_t j = 0; j < k; j++) {
      grad_W[k*i + j] = t_7[d*j + i];
    }
  }
  return 0;
}
