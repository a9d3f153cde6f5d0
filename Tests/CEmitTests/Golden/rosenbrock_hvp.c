#include "rosenbrock_hvp.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t rosenbrock_hvp_workspace(int64_t n) {
  const int64_t size = (8*n + 55)/64;
  return (size_t)(128*size);
}

int rosenbrock_hvp(int64_t n, const double *x, const double *tan_x, double *restrict f,
                   double *restrict grad_x, double *restrict hvp_x, void *workspace) {
  if (n < 2) return 1;
  const int64_t size = (8*n + 55)/64;
  double *const values = (double *)workspace;
  double *const values_2 = (double *)((char *)workspace + 64*size);
  double f_value = 0.0;
  /* line 4: subtract, f (sum), multiply */
  for (int64_t i = 0; i < n - 1; i++) {
    const double t = x[i + 1] - x[i] * x[i];
    const double t_2 = 1.0 - x[i];
    f_value += 100.0 * (t * t) + t_2 * t_2;
    values[i] = 100.0 * (2.0 * t);
    values_2[i] = 100.0 * (2.0 * (tan_x[i + 1] - 2.0 * x[i] * tan_x[i]));
  }
  *f = f_value;
  /* line 4: grad_x (add), hvp_x (add) */
  for (int64_t i = 0; i < n; i++) {
    grad_x[i] = (i + 1 < n ? -(2.0 * (1.0 - x[i])) - values[i] * (2.0 * x[i]) : 0.0)
        + (1 <= i ? values[i - 1] : 0.0);
    hvp_x[i] = (i + 1 < n ? 2.0 * tan_x[i]
        + (2.0 * x[i] * -values_2[i] - values[i] * (2.0 * tan_x[i])) : 0.0)
        + (1 <= i ? values_2[i - 1] : 0.0);
  }
  return 0;
}
