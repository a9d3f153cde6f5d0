#include "moving.h"

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

size_t moving_workspace(int64_t n) {
  (void)n;
  return 0;
}

int moving(int64_t n, const double *x, const double *decay, double *restrict total,
           double *restrict average, double *restrict peak, void *workspace) {
  (void)workspace;
  if (n < 0) return 1;
  const double decay_value = *decay;
  double total_value = 0.0;
  double average_value = 0.0;
  const double t = 0.0 + decay_value;
  const double t_2 = 1.0 - decay_value;
  double peak_value = -INFINITY;
  /* line 4: total (cumsum); line 5: average (linear_recurrence); line 6: peak (cummax) */
  for (int64_t i = 0; i < n; i++) {
    total_value += x[i];
    total[i] = total_value;
    average_value = t * average_value + x[i] * t_2;
    average[i] = average_value;
    peak_value = jg_max_f64(peak_value, x[i]);
    peak[i] = peak_value;
  }
  return 0;
}
