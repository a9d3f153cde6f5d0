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
  double t = 0.0;
  /* line 5: dot; line 6: sum */
  for (int64_t i = 0; i < n; i++) {
    double t_2 = 0.0;
    for (int64_t j = 0; j < d; j++) {
      t_2 += X[d*i + j] * w[j];
    }
    const double residual = t_2 - y[i];
    t += residual * residual;
  }
  double t_3 = 0.0;
  /* line 6: sum */
  for (int64_t i = 0; i < d; i++) {
    t_3 += w[i] * w[i];
  }
  *loss = t / (double)n + *lambda * t_3;
  return 0;
}
