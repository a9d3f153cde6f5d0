#include "statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smaller one; NaN if either is NaN; min(-0, +0) = -0. */
static inline double jg_min_f64(double a, double b) {
  if (a != a || b != b) return a + b;
  if (a == b) return copysign(1.0, a) < 0.0 ? a : b;
  return a < b ? a : b;
}

/* x is NaN. */
static inline bool jg_is_nan_f64(double x) {
  return x != x;
}

size_t statistics_workspace(int64_t n, int64_t d) {
  (void)n;
  const int64_t size = (8*d + 63)/64;
  return (size_t)(64*size);
}

int statistics(int64_t n, int64_t d, const double *x, double *restrict centre,
               double *restrict spread, double *restrict lowest, int64_t *restrict where_lowest,
               void *workspace) {
  if (n < 0 || d < 0) return 1;
  if (n < 1) return 1;
  double *const t = (double *)workspace;
  double *const t_2 = (double *)workspace;
  for (int64_t i = 0; i < d; i++) {
    t[i] = 0.0;
  }
  /* line 4: sum */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < d; j++) {
      t[j] += x[d*i + j];
    }
  }
  /* line 4: centre (divide) */
  for (int64_t i = 0; i < d; i++) {
    centre[i] = t[i] / (double)n;
  }
  for (int64_t i = 0; i < d; i++) {
    t_2[i] = 0.0;
  }
  for (int64_t i = 0; i < d; i++) {
    lowest[i] = INFINITY;
  }
  /* line 5: sum; line 6: lowest (min) */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < d; j++) {
      const double t_3 = x[d*i + j] - centre[j];
      t_2[j] += t_3 * t_3;
      lowest[j] = jg_min_f64(lowest[j], x[d*i + j]);
    }
  }
  /* line 5: spread (sqrt); line 7: where_lowest (argmin) */
  for (int64_t i = 0; i < d; i++) {
    spread[i] = sqrt(t_2[i] / (double)n);
    int64_t where_lowest_value = -1;
    double t_4 = 0.0;
    for (int64_t j = 0; j < n; j++) {
      const int64_t t_5 = (where_lowest_value < 0 || x[d*j + i] < t_4)
          || (jg_is_nan_f64(x[d*j + i]) && !jg_is_nan_f64(t_4)) ? j : where_lowest_value;
      const double t_6 = (where_lowest_value < 0 || x[d*j + i] < t_4)
          || (jg_is_nan_f64(x[d*j + i]) && !jg_is_nan_f64(t_4)) ? x[d*j + i] : t_4;
      where_lowest_value = t_5;
      t_4 = t_6;
    }
    where_lowest[i] = where_lowest_value;
  }
  return 0;
}
