/* Error functions and the normal distribution in double precision, in forms that hold far out in
 * the tails. f32 rounds the f64 value once. Shipped C carries these functions verbatim: C99, no
 * globals, nothing but <math.h> and the jg_ functions that each names. Polynomials are our own
 * Chebyshev fits (benchmarks/special_functions.py makes them with mpmath); bounds in ulps are
 * asserted against values of mpmath from the same script (docs/special-functions.md). */
#ifndef JG_ERROR_H
#define JG_ERROR_H

#include <math.h>

/* e^(s x^2) for s = -1, -1/2 or 1: the square of the leading 24 bits is exact, the rest is small. */
static inline double jg_exp_square(double s, double x) {
  if (fabs(x) > 60.0) return s > 0.0 ? INFINITY : 0.0;
  const double lead = (double)(float)x;
  return exp(s * lead * lead) * exp(s * (x - lead) * (x + lead));
}

/* e^(x^2) erfc(x). x >= 0: p(t) / (1 + 2x), t = (x - 4) / (x + 4), p a Chebyshev fit of degree 26
 * with error 3e-18 (the form of Shepherd and Laframboise 1981). x < 0: 2 e^(x^2) - erfcx(-x).
 * Error: < 4 ulp. */
static inline double jg_erfcx_f64(double x) {
  static const double p[27] = {
    4.180821739675544e-11, -1.374652989001164e-10, -5.377133821031794e-10, 1.7903326159489847e-09,
    3.950879254166685e-09, -1.4709550868669278e-08, -2.1868462576141457e-08,
    1.1009737295274889e-07, 7.888177117406594e-08, -8.249198427508354e-07, 2.9094470866632674e-07,
    5.709206053072183e-06, -1.1220772697788498e-05, -2.4398944545280832e-05,
    0.00015062131406268513, -0.0001992567757633648, -0.0007577732210512849, 0.005031969992669933,
    -0.016197734065728945, 0.03716751553592911, -0.06633036581166812, 0.09373283499843826,
    -0.10103906603632413, 0.0680970542546904, 0.015379652102620026, -0.1396211168405625,
    1.2329951186255526};
  const double a = fabs(x);
  if (a > 1e150) return x > 0.0 ? 0.56418958354775628695 / x : INFINITY;
  const double t = (a - 4.0) / (a + 4.0);
  double sum = p[0];
  for (int k = 1; k < 27; k++) sum = sum * t + p[k];
  const double y = sum / (1.0 + 2.0 * a);
  return x < 0.0 ? 2.0 * jg_exp_square(1.0, x) - y : y;
}

/* e^(x^2) erfc(x). */
static inline float jg_erfcx_f32(float x) {
  return (float)jg_erfcx_f64((double)x);
}

/* e^(x^2) times the n-th repeated integral of erfc from x to infinity, whole 0 <= n <= 30, else NaN:
 *     y_n = -(x/n) y_(n-1) + y_(n-2) / (2n),  y_0 = erfcx(x),  y_(-1) = 2 / sqrt(pi)
 * (DLMF 7.18.7). It is minimal for x > 0: there the ratios y_n / y_(n-1) come from far above by
 * Gautschi's algorithm (1967), begun with the ratio's limit; where x sqrt(2n) < 3/2 the recurrence itself
 * loses less than 20 ulp, and is used. Error: < 20 ulp for 0 < x < 3/2, < 8 ulp elsewhere. */
static inline double jg_erfcx_integral_f64(double n, double x) {
  if (!(n >= 0.0 && n <= 30.0 && n == floor(n)) || x != x) return NAN;
  double y = jg_erfcx_f64(x);
  if (x * sqrt(2.0 * n) < 1.5) {
    double before = 1.12837916709551257390;
    for (double k = 1.0; k <= n; k += 1.0) {
      const double next = (0.5 * before - x * y) / k;
      before = y;
      y = next;
    }
    return y;
  }
  if (n == 0.0 || x > 1e150) return n == 0.0 ? y : y * pow(0.5 / x, n);
  const double far = sqrt(2.0 * n) + 14.5 / x;
  double k = floor(0.5 * far * far) + 6.0;
  double ratio = 1.0 / (x + sqrt(x * x + 2.0 * k + 1.0));
  for (; k > n; k -= 1.0) ratio = 0.5 / (x + k * ratio);
  for (; k >= 1.0; k -= 1.0) {
    y *= ratio;
    ratio = 0.5 / (x + k * ratio);
  }
  return y;
}

/* The scaled repeated integral of erfc. */
static inline float jg_erfcx_integral_f32(float n, float x) {
  return (float)jg_erfcx_integral_f64((double)n, (double)x);
}

/* The normal distribution function, erfc(-x / sqrt 2) / 2; below -1 by erfcx, which keeps the relative
 * error of the tail: < 5 ulp. */
static inline double jg_ndtr_f64(double x) {
  const double z = -0.70710678118654752440 * x;
  return x > -1.0 ? 0.5 * erfc(z) : 0.5 * jg_erfcx_f64(z) * jg_exp_square(-0.5, x);
}

/* The normal distribution function. */
static inline float jg_ndtr_f32(float x) {
  return (float)jg_ndtr_f64((double)x);
}

/* The logarithm of the normal distribution function, without underflow: -x^2/2 + log(erfcx / 2) below
 * -1, log1p(-ndtr(-x)) above. Error: < 5 ulp. */
static inline double jg_log_ndtr_f64(double x) {
  if (!(x < -1.0)) return log1p(-jg_ndtr_f64(-x));
  return log(0.5 * jg_erfcx_f64(-0.70710678118654752440 * x)) - 0.5 * x * x;
}

/* The logarithm of the normal distribution function. */
static inline float jg_log_ndtr_f32(float x) {
  return (float)jg_log_ndtr_f64((double)x);
}

/* The z > 0 above which the normal distribution has the part q, 0 < q <= 1/4: Halley's iteration for
 * log q = log_ndtr(-z), which is nearly a parabola, from two terms of the asymptotic series. */
static inline double jg_normal_tail(double q) {
  const double target = log(q), t = sqrt(-2.0 * target);
  double z = t - (0.91893853320467274178 + log(t)) / t;
  for (int k = 0; k < 4; k++) {
    const double hazard = 0.79788456080286535588 / jg_erfcx_f64(0.70710678118654752440 * z);
    const double step = (jg_log_ndtr_f64(-z) - target) / hazard;
    z += step / (1.0 + 0.5 * step * (hazard - z));
    if (fabs(step) < 1e-6 * z) break;
  }
  return z;
}

/* The inverse of erf; +-inf at +-1, NaN beyond. |y| <= 1/2: y p(y^2), p a Chebyshev fit of degree 14
 * with error 4e-18; else by the tail, where 1 - |y| is exact. Error: < 6 ulp. */
static inline double jg_erfinv_f64(double y) {
  static const double p[15] = {
    0.12057541715794934, -0.09736287546380862, 0.08796124048790732, -0.0017967450327210375,
    0.031010927474211324, 0.02694838724859272, 0.03181583295152348, 0.036454827486340644,
    0.04283740347363704, 0.051731253306841384, 0.06495961852901483, 0.08655212922868404,
    0.1275561753057083, 0.23201366653465413, 0.886226925452758};
  const double a = fabs(y);
  if (!(a < 1.0)) return a == 1.0 ? y * INFINITY : NAN;
  if (a > 0.5) return copysign(0.70710678118654752440 * jg_normal_tail(0.5 * (1.0 - a)), y);
  double sum = p[0];
  for (int k = 1; k < 15; k++) sum = sum * (y * y) + p[k];
  return y * sum;
}

/* The inverse of erf. */
static inline float jg_erfinv_f32(float y) {
  return (float)jg_erfinv_f64((double)y);
}

/* The inverse of the normal distribution function; -inf at 0, inf at 1, NaN beyond. Error: < 6 ulp. */
static inline double jg_ndtri_f64(double p) {
  if (!(p > 0.0 && p < 1.0)) return p == 0.0 ? -INFINITY : p == 1.0 ? INFINITY : NAN;
  if (p < 0.25) return -jg_normal_tail(p);
  if (p > 0.75) return jg_normal_tail(1.0 - p);
  return 1.41421356237309504880 * jg_erfinv_f64(2.0 * p - 1.0);
}

/* The inverse of the normal distribution function. */
static inline float jg_ndtri_f32(float p) {
  return (float)jg_ndtri_f64((double)p);
}

#endif
