#include "ridge.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t ridge_workspace(int64_t d, int64_t n) {
  (void)d;
  (void)n;
  return 0;
}

int ridge(int64_t d, int64_t n, const double *w, const double *X, const double *y,
          const double *lambda, double *restrict loss, void *workspace) {
  (void)workspace;
  if (d < 0 || n < 0) return 1;
  double sum = 0.0;
  /* line 5: dot; line 6: sum */
  for (int64_t i = 0; i < n; i++) {
    double dot = 0.0;
    for (int64_t j = 0; j < d; j++) {
      dot += X[d*i + j] * w[j];
    }
    const double residual = dot - y[i];
    sum += residual * residual;
  }
  double sum_2 = 0.0;
  /* line 6: sum */
  for (int64_t i = 0; i < d; i++) {
    sum_2 += w[i] * w[i];
  }
  *loss = sum / (double)n + *lambda * sum_2;
  return 0;
}
