/* Value and gradient of programs/chain.jg, by hand, in one sweep. */
#include "reference.h"

/* in: x[n] a b; out: y, gradients. */
void run(const double *const *in, double *const *out, int64_t n) {
  const double *restrict x = in[0], a = *in[1], b = *in[2];
  double *restrict dx = out[1];
  double y = 0, da = 0, db = 0;
  for (int64_t i = 0; i < n; i++) {
    const double t = tanh(a * x[i] + b), e = exp(-x[i] * x[i]);
    const double slope = (1 - t * t) * e;
    y += t * e;
    da += slope * x[i];
    db += slope;
    dx[i] = slope * a - 2 * x[i] * t * e;
  }
  *out[0] = y;
  *out[2] = da;
  *out[3] = db;
}
