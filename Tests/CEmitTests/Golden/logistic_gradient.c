#include "logistic_gradient.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 1 / (1 + exp(-x)); exp never overflows, so the left tail keeps its digits: error < 2.5 ulp. */
static inline double jg_sigmoid_f64(double x) {
  const double e = exp(-fabs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)); error < 2.5 ulp. */
static inline double jg_softplus_f64(double x) {
  return (x < 0.0 ? 0.0 : x) + log1p(exp(-fabs(x)));
}

size_t logistic_gradient_workspace(int64_t d, int64_t n) {
  (void)d;
  const int64_t size = (8*n + 63)/64;
  return (size_t)(64*size);
}

int logistic_gradient(int64_t d, int64_t n, const double *w, const double *b, const double *X,
                      const double *t, double *restrict loss, double *restrict grad_w,
                      double *restrict grad_b, double *restrict grad_X, double *restrict grad_t,
                      void *workspace) {
  if (d < 0 || n < 0) return 1;
  if (n < 1) return 1;
  double *const t_2 = (double *)workspace;
  double t_3 = 0.0;
  /* line 5: dot; line 6: sum */
  for (int64_t i = 0; i < n; i++) {
    double t_4 = 0.0;
    for (int64_t j = 0; j < d; j++) {
      t_4 += X[d*i + j] * w[j];
    }
    t_2[i] = t_4;
    const double z = t_4 + *b;
    t_3 += jg_softplus_f64(z) - t[i] * z;
  }
  *loss = t_3 / (double)n;
  const double t_5 = 1.0 / (double)n;
  const double t_6 = -t_5;
  double grad_b_value = 0.0;
  for (int64_t i = 0; i < d; i++) {
    grad_w[i] = 0.0;
  }
  /* line 5: grad_b (sum), grad_w (dot), grad_X (dot); line 6: grad_t (multiply), add */
  for (int64_t i = 0; i < n; i++) {
    const double z_value = t_2[i] + *b;
    grad_t[i] = t_6 * z_value;
    const double t_7 = t_6 * t[i] + t_5 * jg_sigmoid_f64(z_value);
    grad_b_value += t_7;
    for (int64_t j = 0; j < d; j++) {
      grad_w[j] += t_7 * X[d*i + j];
      grad_X[d*i + j] = t_7 * w[j];
    }
  }
  *grad_b = grad_b_value;
  return 0;
}
