/* Incomplete gamma and beta functions and their densities, in double precision. f32 rounds the f64
 * value once. Shipped C carries these functions verbatim: C99, no globals, nothing but <math.h> and the
 * jg_ functions that each names. Bounds in ulps are asserted against values of mpmath
 * (docs/special-functions.md). */
#ifndef JG_INCOMPLETE_H
#define JG_INCOMPLETE_H

#include <math.h>

/* log Gamma(a + 1) - ((a + 1/2) log a - a + log(2 pi) / 2), the error of Stirling's formula: for a >= 10
 * by its series (DLMF 5.11.1). */
static inline double jg_stirling_error(double a) {
  static const double c[7] = {
    0.08333333333333333, -0.002777777777777778, 0.0007936507936507937, -0.0005952380952380953,
    0.0008417508417508417, -0.0019175269175269176, 0.00641025641025641};
  if (a < 10.0) return jg_lgamma_f64(a + 1.0) - (a + 0.5) * log(a) + a - 0.91893853320467274178;
  const double y = 1.0 / (a * a);
  double sum = c[6];
  for (int k = 5; k >= 0; k--) sum = sum * y + c[k];
  return sum / a;
}

/* a log(a / x) + x - a >= 0, which is small near x = a, without cancelling there: with
 * v = (a - x) / (a + x) it is (a - x) v + 2 a (v^3/3 + v^5/5 + …) (Loader 2000). */
static inline double jg_deviance(double a, double x) {
  const double v = (a - x) / (a + x), ratio = a / x;
  const int is_plain = ratio > 0.0 && ratio < 1e300;
  if (!(fabs(v) < 0.4)) return a * (is_plain ? log(ratio) : log(a) - log(x)) + x - a;
  double sum = (a - x) * v, power = 2.0 * a * v;
  for (double k = 3.0; fabs(power) > 1e-17 * sum; k += 2.0) {
    power *= v * v;
    sum += power / k;
  }
  return sum;
}

/* x^a e^-x / Gamma(a + 1) for a > 0 and x > 0. */
static inline double jg_poisson(double a, double x) {
  if (a < 10.0) return x > 2000.0 ? 0.0 : pow(x, a) * exp(-x) / tgamma(a + 1.0);
  const double root = sqrt(6.28318530717958647693 * a);
  return exp(-jg_stirling_error(a) - jg_deviance(a, x)) / root;
}

/* x^(a-1) e^-x / Gamma(a), the density of the gamma distribution, for 0 <= a <= 1e8 and x >= 0, else NaN;
 * the limits at 0. Error: < 16 + 2 |log of the result| ulp. */
static inline double jg_gamma_density_f64(double a, double x) {
  if (!(a >= 0.0 && a <= 1e8 && x >= 0.0)) return NAN;
  if (x == 0.0) return a == 0.0 || a > 1.0 ? 0.0 : a == 1.0 ? 1.0 : INFINITY;
  if (a == 0.0 || x - x != 0.0) return 0.0;
  if (a >= 10.0) return jg_poisson(a - 1.0, x);
  return x > 2000.0 ? 0.0 : pow(x, a - 1.0) * exp(-x) / tgamma(a);
}

/* The density of the gamma distribution. */
static inline float jg_gamma_density_f32(float a, float x) {
  return (float)jg_gamma_density_f64((double)a, (double)x);
}

/* The upper part for 0 < a < 1 and 0 < x < a + 1, where 1 - P would lose its digits:
 *     Q = 1 - u (1 + a sum over n >= 1 of (-x)^n / ((a + n) n!)),  u = x^a / Gamma(a + 1)
 * (DLMF 8.7.1), 1 - u from log Gamma(1 + a) = -log(1 + a) + (1 - C) a + sum of
 * (-1)^k (zeta(k) - 1) a^k / k (DLMF 5.7.3; C Euler's constant). */
static inline double jg_gamma_upper_small(double a, double x) {
  static const double zeta[25] = {
    0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993,
    0.01734306198444914, 0.008349277381922827, 0.00407735619794434, 0.0020083928260822143,
    0.0009945751278180853, 0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915,
    6.124813505870483e-05, 3.058823630702049e-05, 1.528225940865187e-05, 7.637197637899763e-06,
    3.81729326499984e-06, 1.908212716553939e-06, 9.539620338727962e-07, 4.769329867878064e-07,
    2.38450502727733e-07, 1.1921992596531106e-07, 5.960818905125948e-08, 2.980350351465228e-08,
    1.4901554828365043e-08};
  double lgamma1p = jg_lgamma_f64(1.0 + a);
  if (a < 0.5) {
    double sum = 0.0;
    for (int k = 24; k >= 0; k--) sum = zeta[k] / (k + 2.0) - a * sum;
    lgamma1p = a * (0.42278433509846713939 + a * sum) - log1p(a);
  }
  const double logarithm = a * log(x) - lgamma1p;
  double sum = 0.0, term = 1.0;
  for (double n = 1.0; fabs(term) > 1e-18; n += 1.0) {
    term *= -x / n;
    sum += term / (a + n);
  }
  return -expm1(logarithm) - exp(logarithm) * a * sum;
}

/* The regularized incomplete gamma functions P (upper = 0) and Q (upper = 1): for x < a + 1 the series
 *     P = x^a e^-x / Gamma(a + 1) (1 + x/(a + 1) + x^2/((a + 1)(a + 2)) + …)
 * (DLMF 8.7.1), else the continued fraction of Q (DLMF 8.9.2) by Lentz's method; both take about
 * 6 sqrt(a) steps near x = a. Error of the smaller one: < 32 + 4 |log of it| ulp. */
static inline double jg_gammainc_part(double a, double x, int upper) {
  if (!(a >= 0.0 && a <= 1e8 && x >= 0.0) || (a == 0.0 && x == 0.0)) return NAN;
  if (x == 0.0) return upper ? 1.0 : 0.0;
  if (a == 0.0 || x - x != 0.0) return upper ? 0.0 : 1.0;
  if (x < a + 1.0) {
    if (upper && a < 1.0) return jg_gamma_upper_small(a, x);
    double sum = 1.0, term = 1.0;
    for (double k = a + 1.0; term > 1e-17 * sum; k += 1.0) {
      term *= x / k;
      sum += term;
    }
    const double p = jg_poisson(a, x) * sum;
    return upper ? 1.0 - p : p;
  }
  double b = x + 1.0 - a, d = 1.0 / b, c = 1e300, h = d, change = 2.0;
  for (double k = 1.0; fabs(change - 1.0) > 1e-16 && k < 1e6; k += 1.0) {
    const double n = k * (a - k);
    b += 2.0;
    d = 1.0 / (b + n * d);
    c = b + n / c;
    change = c * d;
    h *= change;
  }
  const double q = a * jg_poisson(a, x) * h;
  return upper ? q : 1.0 - q;
}

/* P(a, x). */
static inline double jg_gammainc_f64(double a, double x) {
  return jg_gammainc_part(a, x, 0);
}

/* P(a, x). */
static inline float jg_gammainc_f32(float a, float x) {
  return (float)jg_gammainc_part((double)a, (double)x, 0);
}

/* Q(a, x) = 1 - P(a, x). */
static inline double jg_gammaincc_f64(double a, double x) {
  return jg_gammainc_part(a, x, 1);
}

/* Q(a, x). */
static inline float jg_gammaincc_f32(float a, float x) {
  return (float)jg_gammainc_part((double)a, (double)x, 1);
}

/* x^a y^b e^shift / B(a, b) for positive a, b, x and y = 1 - x. */
static inline double jg_beta_power(double a, double b, double x, double y, double shift) {
  const double n = a + b, root = 0.39894228040143267794 * sqrt(a / n) * sqrt(b);
  const double sizes = jg_stirling_error(n) - jg_stirling_error(a) - jg_stirling_error(b);
  return root * exp(sizes - jg_deviance(a, n * x) - jg_deviance(b, n * y) + shift);
}

/* x^(a-1) (1 - x)^(b-1) / B(a, b), the density of the beta distribution, for a and b in 0 … 1e8 without 0
 * and x in 0 … 1, else NaN; the limits at the ends. Error: < 32 + 4 |log of the result| ulp. */
static inline double jg_beta_density_f64(double a, double b, double x) {
  if (!(a > 0.0 && b > 0.0 && a <= 1e8 && b <= 1e8 && x >= 0.0 && x <= 1.0)) return NAN;
  if (x == 0.0) return a > 1.0 ? 0.0 : a == 1.0 ? b : INFINITY;
  if (x == 1.0) return b > 1.0 ? 0.0 : b == 1.0 ? a : INFINITY;
  return jg_beta_power(a, b, x, 1.0 - x, -log(x) - log1p(-x));
}

/* The density of the beta distribution. */
static inline float jg_beta_density_f32(float a, float b, float x) {
  return (float)jg_beta_density_f64((double)a, (double)b, (double)x);
}

/* The regularized incomplete beta function I_x(a, b), domain as above: the continued fraction of DLMF
 * 8.17.22 by Lentz's method, on the side where it converges fast, else 1 - I_(1-x)(b, a). It takes about
 * sqrt(max(a, b)) steps. Error: < 32 + 4 |log of the smaller part| ulp of the part computed. */
static inline double jg_betainc_f64(double a, double b, double x) {
  if (!(a > 0.0 && b > 0.0 && a <= 1e8 && b <= 1e8 && x >= 0.0 && x <= 1.0)) return NAN;
  if (x == 0.0 || x == 1.0) return x;
  const int swapped = x > (a + 1.0) / (a + b + 2.0);
  const double p = swapped ? b : a, q = swapped ? a : b;
  const double s = swapped ? 1.0 - x : x, t = swapped ? x : 1.0 - x;
  double d = 1.0 / (1.0 - (p + q) * s / (p + 1.0)), c = 1.0, h = d, change = 2.0;
  for (double k = 1.0; fabs(change - 1.0) > 1e-16 && k < 1e6; k += 1.0) {
    const double even = k * (q - k) * s / ((p + 2.0 * k - 1.0) * (p + 2.0 * k));
    const double odd = -(p + k) * (p + q + k) * s / ((p + 2.0 * k) * (p + 2.0 * k + 1.0));
    d = 1.0 / (1.0 + even * d);
    c = 1.0 + even / c;
    h *= c * d;
    d = 1.0 / (1.0 + odd * d);
    c = 1.0 + odd / c;
    change = c * d;
    h *= change;
  }
  const double part = jg_beta_power(p, q, s, t, 0.0) / p * h;
  return swapped ? 1.0 - part : part;
}

/* I_x(a, b). */
static inline float jg_betainc_f32(float a, float b, float x) {
  return (float)jg_betainc_f64((double)a, (double)b, (double)x);
}

#endif
