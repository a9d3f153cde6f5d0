#include "mix.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* a + b modulo 2^64. */
static inline int64_t jg_add_i64(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* a - b modulo 2^64. */
static inline int64_t jg_subtract_i64(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a - (uint64_t)b);
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

/* a - b floor(a / b), with the sign of b; 0 where b is 0. */
static inline int64_t jg_mod_i64(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  const int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* a 2^count modulo 2^64; 0 where count is negative or above 63. */
static inline int64_t jg_shift_left_i64(int64_t a, int64_t count) {
  return count < 0 || count > 63 ? 0 : (int64_t)((uint64_t)a << count);
}

/* floor(a / 2^count); 0 or -1, the sign, where count is negative or above 63. */
static inline int64_t jg_shift_right_i64(int64_t a, int64_t count) {
  return a >> (count < 0 || count > 63 ? 63 : count);
}

size_t mix_workspace(int64_t n) {
  (void)n;
  return 0;
}

int mix(int64_t n, const int64_t *a, const int64_t *b, const int32_t *s, int64_t *restrict hash,
        bool *restrict odd, int32_t *restrict t, void *workspace) {
  (void)workspace;
  if (n < 0) return 1;
  const int32_t s_value = *s;
  /* line 4: hash (subtract); line 5: odd (and) */
  for (int64_t i = 0; i < n; i++) {
    const int64_t hash_value = jg_subtract_i64(jg_add_i64(jg_shift_left_i64(a[i], 3)
        | jg_shift_right_i64(b[i], 2), jg_mod_i64(a[i], 7)), jg_floor_divide_i64(b[i], 5));
    hash[i] = hash_value;
    odd[i] = (hash_value & 1) == 1 && !(a[i] < b[i]);
  }
  *t = jg_multiply_i32(jg_max_i32(s_value, 2), jg_negate_i32(s_value));
  return 0;
}
