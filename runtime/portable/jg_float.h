/* Small functions of floats that math.h lacks or leaves open: order with NaN and signed zeros,
 * division rounded down, conversions to integers that are defined for every operand, and tests. All of
 * it has the same bits under every compiler: what it calls of math.h is exact or rounded once. Shipped
 * C carries these functions verbatim: C99, no globals, nothing but <math.h>, <stdint.h>, <stdbool.h>
 * and the jg_ functions that each names. Unless a sentence says otherwise the f32 function rounds the
 * f64 one once. */
#ifndef JG_FLOAT_H
#define JG_FLOAT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* The larger one; NaN if either is NaN; max(-0, +0) = +0. */
static inline double jg_max_f64(double a, double b) {
  if (a != a || b != b) return a + b;
  if (a == b) return copysign(1.0, a) > 0.0 ? a : b;
  return a > b ? a : b;
}

/* The larger one; NaN if either is NaN; max(-0, +0) = +0. */
static inline float jg_max_f32(float a, float b) {
  if (a != a || b != b) return a + b;
  if (a == b) return copysignf(1.0f, a) > 0.0f ? a : b;
  return a > b ? a : b;
}

/* The smaller one; NaN if either is NaN; min(-0, +0) = -0. */
static inline double jg_min_f64(double a, double b) {
  if (a != a || b != b) return a + b;
  if (a == b) return copysign(1.0, a) < 0.0 ? a : b;
  return a < b ? a : b;
}

/* The smaller one; NaN if either is NaN; min(-0, +0) = -0. */
static inline float jg_min_f32(float a, float b) {
  if (a != a || b != b) return a + b;
  if (a == b) return copysignf(1.0f, a) < 0.0f ? a : b;
  return a < b ? a : b;
}

/* The larger one, the other one where one is NaN; -0 is less than +0. */
static inline double jg_fmax_f64(double a, double b) {
  return a != a ? b : b != b ? a : jg_max_f64(a, b);
}

/* The larger one, the other one where one is NaN; -0 is less than +0. */
static inline float jg_fmax_f32(float a, float b) {
  return a != a ? b : b != b ? a : jg_max_f32(a, b);
}

/* The smaller one, the other one where one is NaN; -0 is less than +0. */
static inline double jg_fmin_f64(double a, double b) {
  return a != a ? b : b != b ? a : jg_min_f64(a, b);
}

/* The smaller one, the other one where one is NaN; -0 is less than +0. */
static inline float jg_fmin_f32(float a, float b) {
  return a != a ? b : b != b ? a : jg_min_f32(a, b);
}

/* -1 or 1; zeros and NaN as they are. */
static inline double jg_sign_f64(double x) {
  return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
}

/* -1 or 1; zeros and NaN as they are. */
static inline float jg_sign_f32(float x) {
  return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x;
}

/* The remainder of a by b with the sign of b, zeros too; NaN where b is 0. fmod is exact, the sum
 * is rounded once. */
static inline double jg_mod_f64(double a, double b) {
  const double r = fmod(a, b);
  if (r == 0.0) return copysign(0.0, b);
  return (r < 0.0) != (b < 0.0) ? r + b : r;
}

/* The remainder of a by b with the sign of b. */
static inline float jg_mod_f32(float a, float b) {
  return (float)jg_mod_f64((double)a, (double)b);
}

/* floor(a / b), which fits jg_mod_f64: with r taken away the quotient is whole but for rounding, and
 * is not rounded across an integer. a / b where b is 0; NaN where a is infinite. */
static inline double jg_floor_divide_f64(double a, double b) {
  const double r = fmod(a, b);
  if (b == 0.0) return a / b;
  const double q = (a - r) / b - (r != 0.0 && (r < 0.0) != (b < 0.0) ? 1.0 : 0.0);
  if (q == 0.0) return copysign(0.0, a / b);
  return q - floor(q) > 0.5 ? floor(q) + 1.0 : floor(q);
}

/* floor(a / b). */
static inline float jg_floor_divide_f32(float a, float b) {
  return (float)jg_floor_divide_f64((double)a, (double)b);
}

/* x toward 0; NaN gives 0, what is out of range the nearest limit. */
static inline int64_t jg_i64_from_f64(double x) {
  if (x != x) return 0;
  if (x >= 9223372036854775808.0) return INT64_MAX;
  return x < -9223372036854775808.0 ? INT64_MIN : (int64_t)x;
}

/* x toward 0; NaN gives 0, what is out of range the nearest limit. */
static inline int32_t jg_i32_from_f64(double x) {
  if (x != x) return 0;
  if (x >= 2147483648.0) return INT32_MAX;
  return x <= -2147483649.0 ? INT32_MIN : (int32_t)x;
}

/* x toward 0; NaN gives 0, what is out of range the nearest limit. */
static inline int64_t jg_i64_from_f32(float x) {
  return jg_i64_from_f64((double)x);
}

/* x toward 0; NaN gives 0, what is out of range the nearest limit. */
static inline int32_t jg_i32_from_f32(float x) {
  return jg_i32_from_f64((double)x);
}

/* x is NaN. */
static inline bool jg_is_nan_f64(double x) {
  return x != x;
}

/* x is NaN. */
static inline bool jg_is_nan_f32(float x) {
  return x != x;
}

/* x is plus or minus infinity. */
static inline bool jg_is_inf_f64(double x) {
  return x == x && x - x != 0.0;
}

/* x is plus or minus infinity. */
static inline bool jg_is_inf_f32(float x) {
  return x == x && x - x != 0.0f;
}

/* x is neither infinite nor NaN. */
static inline bool jg_is_finite_f64(double x) {
  return x - x == 0.0;
}

/* x is neither infinite nor NaN. */
static inline bool jg_is_finite_f32(float x) {
  return x - x == 0.0f;
}

/* The sign bit of x, of zeros and NaN too. */
static inline bool jg_signbit_f64(double x) {
  return copysign(1.0, x) < 0.0;
}

/* The sign bit of x, of zeros and NaN too. */
static inline bool jg_signbit_f32(float x) {
  return copysignf(1.0f, x) < 0.0f;
}

/* 1 / sqrt(x); error < 1.5 ulp. */
static inline double jg_rsqrt_f64(double x) {
  return 1.0 / sqrt(x);
}

/* 1 / sqrt(x). */
static inline float jg_rsqrt_f32(float x) {
  return (float)(1.0 / sqrt((double)x));
}

#endif
