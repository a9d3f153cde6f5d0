/* The stable forms of the logistic family. Shipped C carries these functions verbatim: C99, no globals,
 * nothing but <math.h> and the jg_ functions that each names. The f32 function rounds the f64 one
 * once. */
#ifndef JG_LOGISTIC_H
#define JG_LOGISTIC_H

#include <math.h>

/* 1 / (1 + exp(-x)); exp never overflows, so the left tail keeps its digits: error < 2.5 ulp. */
static inline double jg_sigmoid_f64(double x) {
  const double e = exp(-fabs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* 1 / (1 + exp(-x)). */
static inline float jg_sigmoid_f32(float x) {
  return (float)jg_sigmoid_f64((double)x);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)); error < 2.5 ulp. */
static inline double jg_softplus_f64(double x) {
  return (x < 0.0 ? 0.0 : x) + log1p(exp(-fabs(x)));
}

/* log(1 + exp(x)). */
static inline float jg_softplus_f32(float x) {
  return (float)jg_softplus_f64((double)x);
}

/* log(1 / (1 + exp(-x))) = -log(1 + exp(-x)). */
static inline double jg_log_sigmoid_f64(double x) {
  return -jg_softplus_f64(-x);
}

/* log(1 / (1 + exp(-x))). */
static inline float jg_log_sigmoid_f32(float x) {
  return (float)jg_log_sigmoid_f64((double)x);
}

#endif
