/* Value and gradient of programs/kepler.jg, by hand: the iterates of one anomaly lie on a stack. */
#include "reference.h"

/* in: M[n] e; out: total, gradients. */
void run(const double *const *in, double *const *out, int64_t n) {
  const double *M = in[0], e = *in[1];
  double total = 0, de = 0, *dM = out[1];
  double iterates[64];
  for (int64_t i = 0; i < n; i++) {
    const double m = M[i];
    double E = m + e * sin(m), step = 1;
    int count = 0;
    while (fabs(step) > 1e-12 && count < 64) {
      iterates[count++] = E;
      step = (E - e * sin(E) - m) / (1 - e * cos(E));
      E -= step;
    }
    total += cos(E);
    double dE = -sin(E), dm = 0;
    while (count > 0) {
      const double x = iterates[--count], s = sin(x), c = cos(x);
      const double below = 1 - e * c, quotient = (x - e * s - m) / below;
      /* step = (x - e s - m) / below */
      const double dstep = -dE, dabove = dstep / below, dbelow = -dabove * quotient;
      dm -= dabove;
      de += -dabove * s - dbelow * c;
      dE += dabove * below + dbelow * e * s;
    }
    dM[i] = dm + dE * (1 + e * cos(m));
    de += dE * sin(m);
  }
  *out[0] = total;
  *out[2] = de;
}
