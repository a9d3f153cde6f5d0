/* Modified Bessel functions of whole order, and the derivatives of sinc (a spherical Bessel function),
 * in double precision. f32 rounds the f64 value once. Shipped C carries these functions verbatim: C99,
 * no globals, nothing but <math.h> and the jg_ functions that each names. Bounds in ulps are asserted
 * against values of mpmath (docs/special-functions.md). */
#ifndef JG_BESSEL_H
#define JG_BESSEL_H

#include <math.h>

/* e^(-|x|) I_n(x) for whole n from -30 to 30; NaN for another n. Up to 25 + n^2/2 the power series
 *     I_n(x) = sum over k of (x/2)^(2k+n) / (k! (k+n)!)
 * (DLMF 10.25.2), which has positive terms; beyond it the asymptotic series
 *     I_n(x) = e^x / sqrt(2 pi x) (1 - (4n^2 - 1)/(8x) + (4n^2 - 1)(4n^2 - 9)/(2! (8x)^2) - …)
 * (DLMF 10.40.1). Error: < 10 ulp for |n| <= 3, < 10 + n^2/6 ulp else. */
static inline double jg_bessel_ie_f64(double n, double x) {
  const double a = fabs(x), m = fabs(n);
  if (!(m <= 30.0 && n == floor(n)) || x != x) return NAN;
  double sum = 1.0, term = 1.0;
  if (a < 25.0 + 0.5 * m * m) {
    for (double k = 1.0; term > 1e-18 * sum; k += 1.0) {
      term *= 0.25 * a * a / (k * (k + m));
      sum += term;
    }
    for (double k = 1.0; k <= m; k += 1.0) sum *= 0.5 * a / k;
    sum *= exp(-a);
  } else {
    for (double k = 1.0; fabs(term) > 1e-18; k += 1.0) {
      const double odd = 2.0 * k - 1.0;
      term *= (odd - 2.0 * m) * (odd + 2.0 * m) / (8.0 * k * a);
      sum += term;
    }
    sum /= sqrt(6.28318530717958647693 * a);
  }
  return x < 0.0 && fmod(m, 2.0) == 1.0 ? -sum : sum;
}

/* e^(-|x|) I_n(x). */
static inline float jg_bessel_ie_f32(float n, float x) {
  return (float)jg_bessel_ie_f64((double)n, (double)x);
}

/* I_n(x), n as above. Error: one ulp more. */
static inline double jg_bessel_i_f64(double n, double x) {
  const double a = fabs(x), y = jg_bessel_ie_f64(n, x);
  if (y == 0.0) return a > 1.0 ? (x < 0.0 && fmod(n, 2.0) != 0.0 ? -INFINITY : INFINITY) : y;
  return a < 700.0 ? y * exp(a) : y * exp(0.5 * a) * exp(0.5 * a);
}

/* I_n(x). */
static inline float jg_bessel_i_f32(float n, float x) {
  return (float)jg_bessel_i_f64((double)n, (double)x);
}

/* sin(pi x + n pi / 2) for whole n >= 0; exact at multiples of 1/2. */
static inline double jg_sin_pi(double x, double n) {
  const double pi = 3.14159265358979323846;
  const double r = x - 2.0 * rint(0.5 * x);
  const double turns = fmod(n, 4.0);
  double y, s = turns >= 2.0 ? -1.0 : 1.0;
  if (fmod(turns, 2.0) == 0.0) {
    /* sin pi r */
    const double a = fabs(r);
    y = a <= 0.25 ? sin(pi * a) : a <= 0.75 ? cos(pi * (0.5 - a)) : sin(pi * (1.0 - a));
    if (r < 0.0) s = -s;
  } else {
    const double a = fabs(r);
    y = a <= 0.25 ? cos(pi * a) : a <= 0.75 ? sin(pi * (0.5 - a)) : -cos(pi * (1.0 - a));
  }
  return s * y;
}

/* The n-th derivative of sinc x = sin(pi x) / (pi x), whole 0 <= n <= 30, else NaN: pi^n g_n(pi x) with
 * g_n(z) = integral over 0 < t < 1 of t^n cos(zt + n pi/2), for which by parts
 *     z g_n = sin(z + n pi/2) - n g_(n-1),
 * stable upward where |z| > n and downward, from far above, where not. Error: < 6 ulp at n = 0, else
 * < 4 + n ulp of pi^n / (n + 1) or of pi^(n-1) / |x|, whichever is less: of the function's own size,
 * also near its zeros. |x| < 1e-300 counts as 0. */
static inline double jg_sinc_derivative_f64(double n, double x) {
  const double pi = 3.14159265358979323846;
  if (!(n >= 0.0 && n <= 30.0 && n == floor(n)) || x != x) return NAN;
  if (x - x != 0.0) return 0.0;
  if (fabs(x) < 1e-300) x = 0.0;
  const double z = pi * x;
  double g, divisor = 1.0;
  if (fabs(z) > n) {
    g = jg_sin_pi(x, 0.0) / z;
    for (double k = 1.0; k <= n; k += 1.0) g = (jg_sin_pi(x, k) - k * g) / z;
  } else {
    g = 0.0;
    for (double k = n + 60.0; k > n; k -= 1.0) g = (jg_sin_pi(x, k + 1.0) - z * g) / (k + 1.0);
    g = jg_sin_pi(x, n + 1.0) - z * g;
    divisor = n + 1.0;
  }
  for (double k = 0.0; k < n; k += 1.0) g *= pi;
  return g / divisor + 0.0; /* no -0 */
}

/* The n-th derivative of sinc. */
static inline float jg_sinc_derivative_f32(float n, float x) {
  return (float)jg_sinc_derivative_f64((double)n, (double)x);
}

#endif
