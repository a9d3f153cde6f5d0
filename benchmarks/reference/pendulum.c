/* Value and gradient of programs/pendulum.jg, by hand. */
#include "reference.h"

enum { STEPS = 1000 };

/* in: q0 p0 g friction; out: miss, then a gradient for each. n is not used. */
void run(const double *const *in, double *const *out, int64_t n) {
  static double qs[STEPS + 1], ps[STEPS], halves[STEPS];
  const double h = 0.01, g = *in[2], friction = *in[3];
  double q = *in[0], p = *in[1];
  (void)n;
  qs[0] = q;
  for (int i = 0; i < STEPS; i++) {
    const double half = p - h / 2 * (g * sin(q) + friction * p);
    ps[i] = p;
    halves[i] = half;
    q = q + h * half;
    qs[i + 1] = q;
    p = half - h / 2 * (g * sin(q) + friction * half);
  }
  *out[0] = (q - 1) * (q - 1) + p * p;
  double dq = 2 * (q - 1), dp = 2 * p, dg = 0, df = 0;
  for (int i = STEPS - 1; i >= 0; i--) {
    const double kick = -h / 2 * dp;
    dg += kick * sin(qs[i + 1]);
    df += kick * halves[i];
    dq += kick * g * cos(qs[i + 1]);
    const double dhalf = dp + kick * friction + h * dq, first = -h / 2 * dhalf;
    dg += first * sin(qs[i]);
    df += first * ps[i];
    dq += first * g * cos(qs[i]);
    dp = dhalf + first * friction;
  }
  *out[1] = dq;
  *out[2] = dp;
  *out[3] = dg;
  *out[4] = df;
}
