/* Value and gradient of programs/rosenbrock.jg, by hand, in one sweep. */
#include "reference.h"

/* in: x[n]; out: y, gradient. */
void run(const double *const *in, double *const *out, int64_t n) {
  const double *restrict x = in[0];
  double *restrict dx = out[1];
  double y = 0;
  dx[0] = 0;
  for (int64_t i = 0; i + 1 < n; i++) {
    const double u = x[i + 1] - x[i] * x[i], v = 1 - x[i];
    y += 100 * u * u + v * v;
    dx[i] += -400 * u * x[i] - 2 * v;
    dx[i + 1] = 200 * u;
  }
  *out[0] = y;
}
