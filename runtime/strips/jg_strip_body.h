/* The strips of one kind of vectors; the file that includes this says for which functions the compiler
 * may use which instructions, JG_STRIP_TABLE, and JG_VECTOR_BYTES, where SLEEF has functions for it.
 *
 * Sums have one order: fewer than 8 elements from the left; else 16 sums of every 16th element each,
 * which are added in pairs (k, k + 8), then (k, k + 4), (k, k + 2), (k, k + 1). */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include <string.h>

#include "../portable/jg_float.h"
#include "jg_strip_tables.h"
#include "jg_vector_math.h"

#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wunused-function"
#pragma clang diagnostic ignored "-Wpass-failed" /* libm has no vectors */
#pragma clang diagnostic ignored "-Wpsabi" /* no vector leaves this file, or enters it */

#define JG_PASTE_(a, b) a##b
#define JG_PASTE(a, b) JG_PASTE_(a, b)

/* Iterations are independent: out is an operand itself or does not touch it. */
#define JG_FOR_STRIP _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < n; i++)

/* r[i] = e of x, an element of type T. */
#define JG_UNARY(name, T, R, e)                                                        \
  static void name(int64_t n, void *out, const void *a, int64_t sa) {                  \
    R *const r = out;                                                                  \
    const T *const p = a;                                                              \
    if (sa == 1) {                                                                     \
      JG_FOR_STRIP { const T x = p[i]; r[i] = (e); }                                   \
    } else {                                                                           \
      for (int64_t i = 0; i < n; i++) { const T x = p[i * sa]; r[i] = (e); }           \
    }                                                                                  \
  }

/* r[i] = e of x and y. */
#define JG_BINARY(name, T, R, e)                                                       \
  static void name(int64_t n, void *out, const void *a, int64_t sa, const void *b,     \
                   int64_t sb) {                                                       \
    R *const r = out;                                                                  \
    const T *const p = a, *const q = b;                                                \
    if (sa == 1 && sb == 1) {                                                          \
      JG_FOR_STRIP { const T x = p[i], y = q[i]; r[i] = (e); }                         \
    } else if (sa == 1 && sb == 0) {                                                   \
      const T y = *q;                                                                  \
      JG_FOR_STRIP { const T x = p[i]; r[i] = (e); }                                   \
    } else if (sa == 0 && sb == 1) {                                                   \
      const T x = *p;                                                                  \
      JG_FOR_STRIP { const T y = q[i]; r[i] = (e); }                                   \
    } else {                                                                           \
      for (int64_t i = 0; i < n; i++) { const T x = p[i * sa], y = q[i * sb]; r[i] = (e); } \
    }                                                                                  \
  }

/* r[i] = e of x, y and z; the first is of type S. */
#define JG_TERNARY(name, S, T, e)                                                      \
  static void name(int64_t n, void *out, const void *a, int64_t sa, const void *b,     \
                   int64_t sb, const void *c, int64_t sc) {                            \
    T *const r = out;                                                                  \
    const S *const p = a;                                                              \
    const T *const q = b, *const s = c;                                                \
    if (sa == 1 && sb == 1 && sc == 1) {                                               \
      JG_FOR_STRIP { const S x = p[i]; const T y = q[i], z = s[i]; r[i] = (e); }       \
    } else if (sa == 1 && sb == 1 && sc == 0) {                                        \
      const T z = *s;                                                                  \
      JG_FOR_STRIP { const S x = p[i]; const T y = q[i]; r[i] = (e); }                 \
    } else if (sa == 1 && sb == 0 && sc == 1) {                                        \
      const T y = *q;                                                                  \
      JG_FOR_STRIP { const S x = p[i]; const T z = s[i]; r[i] = (e); }                 \
    } else if (sa == 0 && sb == 1 && sc == 1) {                                        \
      const S x = *p;                                                                  \
      JG_FOR_STRIP { const T y = q[i], z = s[i]; r[i] = (e); }                         \
    } else {                                                                           \
      for (int64_t i = 0; i < n; i++) {                                                \
        const S x = p[i * sa];                                                         \
        const T y = q[i * sb], z = s[i * sc];                                          \
        r[i] = (e);                                                                    \
      }                                                                                \
    }                                                                                  \
  }

#define JG_T double
#define JG_M(name) name
#define JG_K(name) name##_f64
#include "jg_strip_floats.h"
#undef JG_T
#undef JG_M
#undef JG_K
#define JG_T float
#define JG_M(name) name##f
#define JG_K(name) name##_f32
#include "jg_strip_floats.h"
#undef JG_T
#undef JG_M
#undef JG_K

JG_UNARY(f64_from_f32, float, double, (double)x)
JG_UNARY(f64_from_i64, int64_t, double, (double)x)
JG_UNARY(f64_from_i32, int32_t, double, (double)x)
JG_UNARY(f64_from_bool, bool, double, (double)x)
JG_UNARY(f32_from_f64, double, float, (float)x)
JG_UNARY(f32_from_i64, int64_t, float, (float)x)
JG_UNARY(f32_from_i32, int32_t, float, (float)x)
JG_UNARY(f32_from_bool, bool, float, (float)x)
JG_UNARY(not_bool, bool, bool, !x)
JG_BINARY(and_bool, bool, bool, x & y)
JG_BINARY(or_bool, bool, bool, x | y)
JG_BINARY(xor_bool, bool, bool, x != y)
JG_TERNARY(select_bool, bool, bool, x ? y : z)
JG_UNARY(copy_f64, double, double, x)
JG_UNARY(copy_f32, float, float, x)
JG_UNARY(copy_i64, int64_t, int64_t, x)
JG_UNARY(copy_i32, int32_t, int32_t, x)
JG_UNARY(copy_bool, bool, bool, x)

#define JG_ENTRY(name) {"jg_strip_" #name, (const void *)name},
const jg_symbol JG_STRIP_TABLE[] = {JG_STRIP_NAMES(JG_ENTRY)};
