/* Value and gradient of a ring of 30 oscillators for 614 steps, by hand, each position and velocity
 * a variable: the graph file is written by Loops.swift in the same way.
 *
 *     v' = v + h (c (left + right - 2 x) - k x - x^3),   x' = x + h v' */
#include "reference.h"

#define EACH(F) \
  F(29, 0, 1) F(0, 1, 2) F(1, 2, 3) F(2, 3, 4) F(3, 4, 5) F(4, 5, 6) F(5, 6, 7) F(6, 7, 8) \
  F(7, 8, 9) F(8, 9, 10) F(9, 10, 11) F(10, 11, 12) F(11, 12, 13) F(12, 13, 14) F(13, 14, 15) \
  F(14, 15, 16) F(15, 16, 17) F(16, 17, 18) F(17, 18, 19) F(18, 19, 20) F(19, 20, 21) \
  F(20, 21, 22) F(21, 22, 23) F(22, 23, 24) F(23, 24, 25) F(24, 25, 26) F(25, 26, 27) \
  F(26, 27, 28) F(27, 28, 29) F(28, 29, 0)

enum { STEPS = 614, COUNT = 30 };

/* in: x0 … x29, v0 … v29, c, k; out: energy, then a gradient for each. n is not used. */
void run(const double *const *in, double *const *out, int64_t n) {
  static double rows[STEPS][COUNT];
  const double h = 0.01, c = *in[60], k = *in[61];
  (void)n;
#define BEGIN(a, i, b) double x##i = *in[i], v##i = *in[30 + i];
  EACH(BEGIN)
  for (int t = 0; t < STEPS; t++) {
    double *row = rows[t];
#define KEEP(a, i, b) row[i] = x##i;
    EACH(KEEP)
#define KICK(a, i, b) \
    v##i += h * (c * (x##a + x##b - 2 * x##i) - k * x##i - x##i * x##i * x##i);
    EACH(KICK)
#define DRIFT(a, i, b) x##i += h * v##i;
    EACH(DRIFT)
  }
  double energy = 0;
#define ADD(a, i, b) energy += x##i * x##i + v##i * v##i;
  EACH(ADD)
  *out[0] = energy;

  double dc = 0, dk = 0;
#define END(a, i, b) double dx##i = 2 * x##i, dv##i = 2 * v##i;
  EACH(END)
  for (int t = STEPS - 1; t >= 0; t--) {
    const double *row = rows[t];
#define LOAD(a, i, b) const double y##i = row[i];
    EACH(LOAD)
#define DRIFT_BACK(a, i, b) \
    dv##i += h * dx##i; \
    const double f##i = h * dv##i; \
    dc += f##i * (y##a + y##b - 2 * y##i); \
    dk -= f##i * y##i;
    EACH(DRIFT_BACK)
#define KICK_BACK(a, i, b) \
    dx##i += c * (f##a + f##b - 2 * f##i) - k * f##i - 3 * y##i * y##i * f##i;
    EACH(KICK_BACK)
  }
#define GIVE(a, i, b) *out[1 + i] = dx##i; *out[31 + i] = dv##i;
  EACH(GIVE)
  *out[61] = dc;
  *out[62] = dk;
}
