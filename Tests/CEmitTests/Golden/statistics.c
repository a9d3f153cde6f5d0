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
  if (d < 0 || n < 1) return 1;
  double *const sum = (double *)workspace;
  double *const sum_2 = (double *)workspace;
  for (int64_t i = 0; i < d; i++) {
    sum[i] = 0.0;
  }
  /* line 4: sum */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < d; j++) {
      sum[j] += x[d*i + j];
    }
  }
  /* line 4: centre (divide) */
  for (int64_t i = 0; i < d; i++) {
    centre[i] = sum[i] / (double)n;
  }
  for (int64_t i = 0; i < d; i++) {
    sum_2[i] = 0.0;
  }
  for (int64_t i = 0; i < d; i++) {
    lowest[i] = INFINITY;
  }
  /* line 5: sum; line 6: lowest (min) */
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < d; j++) {
      const double t = x[d*i + j] - centre[j];
      sum_2[j] += t * t;
      lowest[j] = jg_min_f64(lowest[j], x[d*i + j]);
    }
  }
  /* line 5: spread (sqrt); line 7: where_lowest (argmin) */
  for (int64_t i = 0; i < d; i++) {
    spread[i] = sqrt(sum_2[i] / (double)n);
    int64_t where_lowest_value = -1;
    double t = 0.0;
    for (int64_t j = 0; j < n; j++) {
      const bool changes = where_lowest_value < 0 || x[d*j + i] < t
          || (jg_is_nan_f64(x[d*j + i]) && !jg_is_nan_f64(t));
      if (changes) {
        where_lowest_value = j;
        t = x[d*j + i];
      }
    }
    where_lowest[i] = where_lowest_value;
  }
  return 0;
}
