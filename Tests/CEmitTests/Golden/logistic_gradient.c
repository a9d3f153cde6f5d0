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
  if (d < 0 || n < 1) return 1;
  double *const dot = (double *)workspace;
  const double b_value = *b;
  double sum = 0.0;
  /* line 5: dot; line 6: sum */
  for (int64_t i = 0; i < n; i++) {
    double dot_value = 0.0;
    for (int64_t j = 0; j < d; j++) {
      dot_value += X[d*i + j] * w[j];
    }
    dot[i] = dot_value;
    const double z = dot_value + b_value;
    sum += jg_softplus_f64(z) - t[i] * z;
  }
  *loss = sum / (double)n;
  const double t_2 = 1.0 / (double)n;
  const double t_3 = -t_2;
  double grad_b_value = 0.0;
  for (int64_t i = 0; i < d; i++) {
    grad_w[i] = 0.0;
  }
  /* line 5: grad_b (sum), grad_w (dot), grad_X (dot); line 6: grad_t (multiply), add */
  for (int64_t i = 0; i < n; i++) {
    const double z = dot[i] + b_value;
    grad_t[i] = t_3 * z;
    const double t_4 = t_3 * t[i] + t_2 * jg_sigmoid_f64(z);
    grad_b_value += t_4;
    for (int64_t j = 0; j < d; j++) {
      grad_w[j] += t_4 * X[d*i + j];
      grad_X[d*i + j] = t_4 * w[j];
    }
  }
  *grad_b = grad_b_value;
  return 0;
}
