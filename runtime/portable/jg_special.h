/* The gamma family in double precision: log |Gamma|, digamma and all its derivatives. f32 rounds
 * the f64 value once. Shipped C carries these functions verbatim: C99, no globals, nothing but
 * <math.h> and the jg_ functions that each names. Error bounds were measured against mpmath on
 * 20 000 points a range (Tests/JITTests/RuntimeTests.swift holds a table). */
#ifndef JG_SPECIAL_H
#define JG_SPECIAL_H

#include <math.h>

/* log |Gamma(x)|; +inf at 0, -1, -2, … and at both infinities. C's lgamma may write the global
 * signgam, which races; where lgamma_r exists, define JG_HAVE_LGAMMA_R. */
static inline double jg_lgamma_f64(double x) {
#ifdef JG_HAVE_LGAMMA_R
  int sign;
  return lgamma_r(x, &sign);
#else
  return lgamma(x);
#endif
}

/* log |Gamma(x)|. */
static inline float jg_lgamma_f32(float x) {
  return (float)jg_lgamma_f64((double)x);
}

/* psi(1 + y) for 0 <= y <= 1 as (y - root) p(y - root), so that it is accurate at its root
 * 0.4616321449683623…, which is taken in two parts. p: Chebyshev fit of degree 22, error 5e-18
 * (mpmath: chebyfit(lambda t: psi(0, 1 + root + t) / t, [-root, 1 - root], 23)). */
static inline double jg_digamma_near_root(double y) {
  static const double p[23] = {
    0.00011881232908510335, -0.0002785074876883787, 0.0002805343686746867, -0.0002843132292526133,
    0.0004717939701691318, -0.0007549229618596274, 0.0010901225234458578, -0.00157420216813665,
    0.0023028895420557894, -0.0033700680515484165, 0.0049270580267742016, -0.007204519666511045,
    0.010538769938576956, -0.015424766261277919, 0.02259764928437279, -0.03316112647814546,
    0.048804288134436574, -0.07219956125611147, 0.1078240506916922, -0.16394270544241185,
    0.2584997609556486, -0.4427631689835921, 0.9676722454476212};
  const double t = (y - 0x1.d8b618d5af8fep-2) + 0x1.1e563779a1f5bp-56;
  double sum = p[0];
  for (int k = 1; k < 23; k++) sum = sum * t + p[k];
  return t * sum;
}

/* psi(x) = log x - 1/(2x) - sum B(2k) / (2k x^2k), k = 1 … 8, for x >= 10, where the first term
 * left out is below 4e-18 (Abramowitz and Stegun 6.3.18). */
static inline double jg_digamma_asymptotic(double x) {
  static const double b[8] = {
    0.08333333333333333, -0.008333333333333333, 0.003968253968253968, -0.004166666666666667,
    0.007575757575757576, -0.021092796092796094, 0.08333333333333333, -0.4432598039215686};
  const double y = 1.0 / (x * x);
  double sum = b[7];
  for (int k = 6; k >= 0; k--) sum = sum * y + b[k];
  return log(x) - (0.5 / x + y * sum);
}

/* psi(1 + y) for y >= 0, by psi(1 + y) = psi(y) + 1/y down to 0 <= y <= 1, which only adds positive
 * terms, or by the asymptotic series. Taking y and not 1 + y saves a rounding of the argument. */
static inline double jg_digamma_from_one(double y) {
  if (y >= 9.0) return jg_digamma_asymptotic(1.0 + y);
  double sum = 0.0;
  for (; y > 1.0; y -= 1.0) sum += 1.0 / y;
  return sum + jg_digamma_near_root(y);
}

/* psi(x) = Gamma'(x) / Gamma(x); NaN at 0, -1, -2, … and at -inf.
 * x < 0: psi(x) = psi(1 - x) - pi cot(pi x), the angle taken from the nearest integer or half,
 * which is exact. Error for x > 0: < 4 ulp; for x < 0: < 6 ulp of the larger of the two terms,
 * which cancel near the roots. */
static inline double jg_digamma_f64(double x) {
  const double pi = 3.14159265358979323846;
  if (x >= 1.0) return x - x == 0.0 ? jg_digamma_from_one(x - 1.0) : x;
  if (x > 0.0) return jg_digamma_from_one(x) - 1.0 / x;
  const double r = x - rint(x), a = fabs(r);
  if (r == 0.0) return NAN;
  const double cotangent = a < 0.25 ? 1.0 / tan(pi * a) : tan(pi * (0.5 - a));
  return jg_digamma_from_one(-x) - pi * (r < 0.0 ? -cotangent : cotangent);
}

/* psi(x). */
static inline float jg_digamma_f32(float x) {
  return (float)jg_digamma_f64((double)x);
}

/* The Hurwitz zeta function, sum over k >= 0 of (x + k)^-s, for s >= 2 and x > 0: the first terms,
 * then Euler-Maclaurin from a >= 10 + s with 12 terms B(2k) / (2k)! s (s+1) … (s+2k-2) a^(1-s-2k)
 * (DLMF 25.11.28). Error: < 6 + s/4 ulp. */
static inline double jg_hurwitz_zeta(double s, double x) {
  static const double b[12] = {
    0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07,
    2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13,
    8.586062056277845e-15, -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19};
  double a = x, head = 0.0;
  for (; a < 10.0 + s; a += 1.0) head += pow(a, -s);
  double factor = s / a, tail = 0.5;
  for (int k = 0; k < 12; k++) {
    tail += b[k] * factor;
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / (a * a);
  }
  return head + pow(a, -s) * tail + pow(a, 1.0 - s) / (s - 1.0);
}

/* The n-th derivative of psi at x, for whole 0 <= n <= 170; NaN for another n.
 *     psi_n(x) = (-1)^(n+1) n! zeta(n + 1, x)
 * x < 0: the sum has terms on both sides of 0; with m = floor(-x) and f = -x - m it is
 *     zeta(s, 1 - f) + (-1)^s (zeta(s, f) - zeta(s, 1 - x)).
 * At 0, -1, -2, …: +inf for odd n, NaN for even n. Results below 1e-308 n! become 0.
 * Error for x > 0: < 7 + n/4 ulp; for x < 0: < 8 + n/4 ulp at odd n; at
 * even n that of its terms, which cancel near the roots. */
static inline double jg_polygamma_f64(double n, double x) {
  if (n == 0.0) return jg_digamma_f64(x);
  if (!(n > 0.0 && n <= 170.0 && n == floor(n)) || x != x) return NAN;
  const double sign = fmod(n, 2.0) == 1.0 ? 1.0 : -1.0;
  double factorial = sign;
  for (double k = 2.0; k <= n; k += 1.0) factorial *= k;
  if (x > 0.0) return x - x == 0.0 ? factorial * jg_hurwitz_zeta(n + 1.0, x) : 0.0 * sign;
  const double f = -x - floor(-x);
  if (!(f > 0.0)) return sign > 0.0 && x - x == 0.0 ? INFINITY : NAN;
  const double left = jg_hurwitz_zeta(n + 1.0, f) - jg_hurwitz_zeta(n + 1.0, 1.0 - x);
  return factorial * (jg_hurwitz_zeta(n + 1.0, 1.0 - f) + sign * left);
}

/* The n-th derivative of psi at x. */
static inline float jg_polygamma_f32(float n, float x) {
  return (float)jg_polygamma_f64((double)n, (double)x);
}

#endif
