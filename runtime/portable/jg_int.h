/* Integer arithmetic that is defined for every operand and never traps: the meaning that the graph
 * gives to + - * // % << >> ^ on i64 and i32. Wrapping goes through the unsigned type, because
 * signed overflow is undefined in C. Shipped C carries these functions verbatim, so each one stands
 * alone: C99, no globals, nothing but <stdint.h> and the jg_ functions that it names. */
#ifndef JG_INT_H
#define JG_INT_H

#include <stdint.h>

/* a + b modulo 2^64. */
static inline int64_t jg_add_i64(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* a + b modulo 2^32. */
static inline int32_t jg_add_i32(int32_t a, int32_t b) {
  return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* a - b modulo 2^64. */
static inline int64_t jg_subtract_i64(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* a - b modulo 2^32. */
static inline int32_t jg_subtract_i32(int32_t a, int32_t b) {
  return (int32_t)((uint32_t)a - (uint32_t)b);
}

/* a b modulo 2^64. */
static inline int64_t jg_multiply_i64(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a * (uint64_t)b);
}

/* a b modulo 2^32. */
static inline int32_t jg_multiply_i32(int32_t a, int32_t b) {
  return (int32_t)((uint32_t)a * (uint32_t)b);
}

/* -x; INT64_MIN stays. */
static inline int64_t jg_negate_i64(int64_t x) {
  return (int64_t)(0u - (uint64_t)x);
}

/* -x; INT32_MIN stays. */
static inline int32_t jg_negate_i32(int32_t x) {
  return (int32_t)(0u - (uint32_t)x);
}

/* |x|; INT64_MIN stays. */
static inline int64_t jg_abs_i64(int64_t x) {
  return x < 0 ? jg_negate_i64(x) : x;
}

/* |x|; INT32_MIN stays. */
static inline int32_t jg_abs_i32(int32_t x) {
  return x < 0 ? jg_negate_i32(x) : x;
}

/* -1, 0 or 1. */
static inline int64_t jg_sign_i64(int64_t x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/* -1, 0 or 1. */
static inline int32_t jg_sign_i32(int32_t x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/* The smaller one. */
static inline int64_t jg_min_i64(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* The smaller one. */
static inline int32_t jg_min_i32(int32_t a, int32_t b) {
  return a < b ? a : b;
}

/* The larger one. */
static inline int64_t jg_max_i64(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/* The larger one. */
static inline int32_t jg_max_i32(int32_t a, int32_t b) {
  return a > b ? a : b;
}

/* a / b rounded down; 0 where b is 0; INT64_MIN / -1 wraps to INT64_MIN. */
static inline int64_t jg_floor_divide_i64(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return jg_negate_i64(a);
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* a / b rounded down; 0 where b is 0; INT32_MIN / -1 wraps to INT32_MIN. */
static inline int32_t jg_floor_divide_i32(int32_t a, int32_t b) {
  if (b == 0) return 0;
  if (b == -1) return jg_negate_i32(a);
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* a - b floor(a / b), with the sign of b; 0 where b is 0. */
static inline int64_t jg_mod_i64(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  const int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* a - b floor(a / b), with the sign of b; 0 where b is 0. */
static inline int32_t jg_mod_i32(int32_t a, int32_t b) {
  if (b == 0 || b == -1) return 0;
  const int32_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* a 2^count modulo 2^64; 0 where count is negative or above 63. */
static inline int64_t jg_shift_left_i64(int64_t a, int64_t count) {
  return count < 0 || count > 63 ? 0 : (int64_t)((uint64_t)a << count);
}

/* a 2^count modulo 2^32; 0 where count is negative or above 31. */
static inline int32_t jg_shift_left_i32(int32_t a, int32_t count) {
  return count < 0 || count > 31 ? 0 : (int32_t)((uint32_t)a << count);
}

/* floor(a / 2^count); 0 or -1, the sign, where count is negative or above 63. */
static inline int64_t jg_shift_right_i64(int64_t a, int64_t count) {
  return a >> (count < 0 || count > 63 ? 63 : count);
}

/* floor(a / 2^count); 0 or -1, the sign, where count is negative or above 31. */
static inline int32_t jg_shift_right_i32(int32_t a, int32_t count) {
  return a >> (count < 0 || count > 31 ? 31 : count);
}

/* x^n modulo 2^64 by squaring; for n < 0 the truncated 1 / x^-n, where 1 / 0 is 0. */
static inline int64_t jg_pow_i64(int64_t x, int64_t n) {
  if (n < 0) return x == 1 ? 1 : x == -1 ? (n % 2 == 0 ? 1 : -1) : 0;
  int64_t power = 1;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) power = jg_multiply_i64(power, x);
    x = jg_multiply_i64(x, x);
  }
  return power;
}

/* x^n modulo 2^32 by squaring; for n < 0 the truncated 1 / x^-n, where 1 / 0 is 0. */
static inline int32_t jg_pow_i32(int32_t x, int32_t n) {
  if (n < 0) return x == 1 ? 1 : x == -1 ? (n % 2 == 0 ? 1 : -1) : 0;
  int32_t power = 1;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) power = jg_multiply_i32(power, x);
    x = jg_multiply_i32(x, x);
  }
  return power;
}

/* How many steps can be gone back with `slots` states and each step done at most `repetitions` times
   again: binomial(slots + repetitions, repetitions), or INT64_MAX where it is more. */
static inline int64_t jg_reach(int64_t slots, int64_t repetitions) {
  const int64_t few = slots < repetitions ? slots : repetitions;
  const int64_t many = slots < repetitions ? repetitions : slots;
  int64_t reach = 1;
  for (int64_t k = 1; k <= few; k++) {
    if (many > INT64_MAX - k) return INT64_MAX;
    const int64_t factor = many + k, whole = reach / k;
    if (whole > INT64_MAX / factor) return INT64_MAX;
    const int64_t part = reach % k * factor / k;
    if (whole * factor > INT64_MAX - part) return INT64_MAX;
    reach = whole * factor + part;
  }
  return reach;
}

/* How many of `steps` to go before the next state is kept, with room for `slots` states, the first one
   among them: Griewank and Walther 2000, Algorithm 799. */
static inline int64_t jg_revolve_i64(int64_t steps, int64_t slots) {
  if (steps < 2) return 0;
  if (slots < 2) return steps - 1;
  /* The fewest repetitions that reach all steps: more than `low`, at most `high`. */
  int64_t low = 0, high = 1;
  for (; jg_reach(slots, high) < steps; high *= 2) low = high;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    if (jg_reach(slots, middle) < steps) low = middle;
    else high = middle;
  }
  const int64_t rest = steps - jg_reach(slots - 1, high);
  const int64_t distance = high > 2 ? jg_reach(slots, high - 2) : 1;
  return distance > rest ? distance : rest > 1 ? rest : 1;
}

/* The same for small numbers. */
static inline int32_t jg_revolve_i32(int32_t steps, int32_t slots) {
  return (int32_t)jg_revolve_i64(steps, slots);
}

#endif
