/* Products with logarithms that are 0 where the factor is, and logarithms of ratios and sums, in
 * forms that keep their digits near 0 and 1 and do not overflow. f32 rounds the f64 value once.
 * Shipped C carries these functions verbatim: C99, no globals, nothing but <math.h>. */
#ifndef JG_LOGARITHM_H
#define JG_LOGARITHM_H

#include <math.h>

/* a log b, 0 where a is 0 (unless b is NaN); error < 2 ulp. */
static inline double jg_xlogy_f64(double a, double b) {
  return a == 0.0 && b == b ? 0.0 : a * log(b);
}

/* a log b, 0 where a is 0. */
static inline float jg_xlogy_f32(float a, float b) {
  return (float)jg_xlogy_f64((double)a, (double)b);
}

/* a log(1 + b), 0 where a is 0 (unless b is NaN); error < 2 ulp. */
static inline double jg_xlog1py_f64(double a, double b) {
  return a == 0.0 && b == b ? 0.0 : a * log1p(b);
}

/* a log(1 + b), 0 where a is 0. */
static inline float jg_xlog1py_f32(float a, float b) {
  return (float)jg_xlog1py_f64((double)a, (double)b);
}

/* -x log x, 0 at 0, -inf below; error < 2 ulp. */
static inline double jg_entr_f64(double x) {
  if (x <= 0.0) return x == 0.0 ? 0.0 : -INFINITY;
  return -x * log(x);
}

/* -x log x. */
static inline float jg_entr_f32(float x) {
  return (float)jg_entr_f64((double)x);
}

/* log(x / (1 - x)); -inf at 0, inf at 1, NaN beyond. Near 1/2, its root, 2x - 1 is exact; error < 3 ulp. */
static inline double jg_logit_f64(double x) {
  if (x > 0.3 && x < 0.65) return log1p((2.0 * x - 1.0) / (1.0 - x));
  return log(x / (1.0 - x));
}

/* log(x / (1 - x)). */
static inline float jg_logit_f32(float x) {
  return (float)jg_logit_f64((double)x);
}

/* log(e^a + e^b) = max + log1p(e^-|a - b|), also of infinities. */
static inline double jg_logaddexp_f64(double a, double b) {
  if (a == b) return a + 0.69314718055994530942;
  return (a > b ? a : b) + log1p(exp(-fabs(a - b)));
}

/* log(e^a + e^b). */
static inline float jg_logaddexp_f32(float a, float b) {
  return (float)jg_logaddexp_f64((double)a, (double)b);
}

#endif
