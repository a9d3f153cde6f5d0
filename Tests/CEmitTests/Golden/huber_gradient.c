#include "huber_gradient.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -1 or 1; zeros and NaN as they are. */
static inline double jg_sign_f64(double x) {
  return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
}

size_t huber_gradient_workspace(int64_t n) {
  (void)n;
  return 0;
}

int huber_gradient(int64_t n, const double *r, const double *delta, double *restrict loss,
                   double *restrict grad_r, double *restrict grad_delta, void *workspace) {
  (void)workspace;
  if (n < 0) return 1;
  const double delta_value = *delta;
  const double t = 0.5 * delta_value;
  double loss_value = 0.0;
  double sum = 0.0;
  double sum_2 = 0.0;
  const double t_2 = -delta_value;
  /* line 4: abs, grad_r (add); line 5: subtract, loss (sum), not, sum */
  for (int64_t i = 0; i < n; i++) {
    const double t_3 = fabs(r[i]);
    const double t_4 = t_3 - t;
    const bool small = t_3 <= delta_value;
    loss_value += small ? 0.5 * (r[i] * r[i]) : delta_value * t_4;
    const bool t_5 = !small;
    sum += t_5 ? t_4 : 0.0;
    sum_2 += t_5 ? t_2 : 0.0;
    grad_r[i] = (small ? 0.5 * (2.0 * r[i]) : 0.0) + (t_5 ? delta_value * jg_sign_f64(r[i]) : 0.0);
  }
  *loss = loss_value;
  *grad_delta = sum + sum_2 * 0.5;
  return 0;
}
