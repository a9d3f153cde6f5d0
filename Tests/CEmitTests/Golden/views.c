#include "views.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t views_workspace(int64_t n) {
  (void)n;
  return 0;
}

int views(int64_t n, const double *x, double *restrict y, void *workspace) {
  (void)workspace;
  if (n < 0) return 1;
  /* line 6: y (add) */
  for (int64_t i = 0; i < 3; i++) {
    for (int64_t j = 0; j < n; j++) {
      y[n*i + j] = x[2*i - 6*j + 6*n - 6] + x[(n*i + j)%6 + 6*((n*i + j)/6)];
    }
  }
  return 0;
}
