#include "ridge_gradient.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t ridge_gradient_workspace(int64_t d, int64_t n) {
  (void)n;
  const int64_t size = (8*d + 63)/64;
  return (size_t)(64*size);
}

int ridge_gradient(int64_t d, int64_t n, const double *w, const double *X, const double *y,
                   const double *lambda, double *restrict loss, double *restrict grad_w,
                   double *restrict grad_X, double *restrict grad_y, double *restrict grad_lambda,
                   void *workspace) {
  if (d < 0 || n < 0) return 1;
  double *const dot = (double *)workspace;
  const double lambda_value = *lambda;
  double sum = 0.0;
  const double t = 1.0 / (double)n;
  for (int64_t i = 0; i < d; i++) {
    dot[i] = 0.0;
  }
  /* line 5: dot, grad_y (negate), grad_X (dot); line 6: sum, multiply */
  for (int64_t i = 0; i < n; i++) {
    double dot_value = 0.0;
    for (int64_t j = 0; j < d; j++) {
      dot_value += X[d*i + j] * w[j];
    }
    const double residual = dot_value - y[i];
    sum += residual * residual;
    const double t_2 = t * (2.0 * residual);
    grad_y[i] = -t_2;
    for (int64_t j = 0; j < d; j++) {
      dot[j] += t_2 * X[d*i + j];
      grad_X[d*i + j] = t_2 * w[j];
    }
  }
  double grad_lambda_value = 0.0;
  /* line 5: grad_w (add); line 6: grad_lambda (sum) */
  for (int64_t i = 0; i < d; i++) {
    grad_lambda_value += w[i] * w[i];
    grad_w[i] = lambda_value * (2.0 * w[i]) + dot[i];
  }
  *grad_lambda = grad_lambda_value;
  *loss = sum / (double)n + lambda_value * grad_lambda_value;
  return 0;
}
