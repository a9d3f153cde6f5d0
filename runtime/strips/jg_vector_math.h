/* Elementary functions of whole vectors, from SLEEF: loaded when first needed, like OpenBLAS. Only its
 * functions with results that are equal to the bit for every vector length are used, those with FMA.
 * Functions that SLEEF 3.5 leaves out near overflow (sinh, cosh, asinh, acosh: infinite from 1e154 or
 * 709 on) or near 0 (tan), or that it does not do faster (erf, lgamma), stay libm's. Error bounds by SLEEF: 1.0 ulp. */
#ifndef JG_VECTOR_MATH_H
#define JG_VECTOR_MATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JG_VECTOR_MATH_UNARY(F)                                                                  \
  F(exp) F(exp2) F(expm1) F(log) F(log2) F(log10) F(log1p) F(sin) F(cos) F(asin) F(acos) \
  F(atan) F(tanh) F(atanh) F(cbrt)
#define JG_VECTOR_MATH_BINARY(F) F(pow) F(atan2)

/* The functions, for scalars and for vectors of 32 or 64 bytes. */
#define JG_UNARY_FIELD(f)    \
  double (*f##_f64)(double); \
  float (*f##_f32)(float);   \
  void *f##_f64_vector;      \
  void *f##_f32_vector;
#define JG_BINARY_FIELD(f)           \
  double (*f##_f64)(double, double); \
  float (*f##_f32)(float, float);    \
  void *f##_f64_vector;              \
  void *f##_f32_vector;
typedef struct {
  JG_VECTOR_MATH_UNARY(JG_UNARY_FIELD)
  JG_VECTOR_MATH_BINARY(JG_BINARY_FIELD)
} jg_vector_math;

/* The widest vectors of this machine: 64, 32 or 16 bytes. */
int jg_vector_width(void);

/* The functions, loaded; NULL where SLEEF or FMA is not there. */
const jg_vector_math *jg_vector_math_get(void);

/* SLEEF's log1p has a value for x: 3.5 is infinite from 1e307 on, and 0 for the smallest numbers. */
static inline bool jg_vector_log1p_has(double x, size_t byte_count) {
  const double most = byte_count == 8 ? 0x1p1000 : 0x1p100, least = 1.0 / most;
  return x <= most && (x >= least || x <= -least);
}

/* r[i] = f(a[i * sa]), r[i] = f(a[i * sa], b[i * sb]); f takes whole vectors of jg_vector_width(). */
void jg_vector_map_f64(int64_t n, void *r, const void *a, int64_t sa, void *f);
void jg_vector_map_f32(int64_t n, void *r, const void *a, int64_t sa, void *f);
void jg_vector_map_2_f64(int64_t n, void *r, const void *a, int64_t sa, const void *b, int64_t sb,
                         void *f);
void jg_vector_map_2_f32(int64_t n, void *r, const void *a, int64_t sa, const void *b, int64_t sb,
                         void *f);

/* exp and log1p as the strips compute them. */
double jg_vector_math_exp(double x);
double jg_vector_math_log1p(double x);

#endif
