/* Opens SLEEF once, and answers which function computes what. */
#define _GNU_SOURCE
#include "jg_vector_math.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../include/jg_strips.h"

static jg_vector_math math;
static const jg_vector_math *loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

int jg_vector_width(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return 64;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 32;
#endif
  return 16;
}

const char *jg_strip_vectors(void) {
  const int width = jg_vector_width();
  return width == 64 ? "AVX-512" : width == 32 ? "AVX2" : "SSE2";
}

static int find(void *library, const char *name, const char *kind, const char *suffix,
                void **address) {
  char symbol[64];
  (void)snprintf(symbol, sizeof symbol, "Sleef_finz_%s%s_u10%s", name, kind, suffix);
  *address = dlsym(library, symbol);
  return *address != NULL;
}

static int find_functions(void *library) {
  const int wide = jg_vector_width() == 64;
  const char *suffix = wide ? "avx512f" : "avx2";
#define FIND(f)                                                                        \
  if (!find(library, #f, "d1", "purecfma", (void **)&math.f##_f64) ||                  \
      !find(library, #f, "f1", "purecfma", (void **)&math.f##_f32) ||                  \
      !find(library, #f, wide ? "d8" : "d4", suffix, &math.f##_f64_vector) ||          \
      !find(library, #f, wide ? "f16" : "f8", suffix, &math.f##_f32_vector)) {         \
    return 0;                                                                          \
  }
  JG_VECTOR_MATH_UNARY(FIND)
  JG_VECTOR_MATH_BINARY(FIND)
  return 1;
}

static double (*sleef_log1p)(double);
static float (*sleef_log1pf)(float);

static double log1p_of_all(double x) {
  if (jg_vector_log1p_has(x, sizeof x)) return sleef_log1p(x);
  return fabs(x) < 1.0 ? x : math.log_f64(x);
}

static float log1pf_of_all(float x) {
  if (jg_vector_log1p_has(x, sizeof x)) return sleef_log1pf(x);
  return fabsf(x) < 1.0f ? x : math.log_f32(x);
}

/* The functions for one number, as generated C calls them. */
#define SYMBOLS(f) {#f, NULL}, {#f "f", NULL},
static jg_symbol symbols[] = {JG_VECTOR_MATH_UNARY(SYMBOLS) JG_VECTOR_MATH_BINARY(SYMBOLS)};
enum { COUNT = sizeof symbols / sizeof *symbols };

static void load(void) {
  if (jg_vector_width() < 32) return;
  void *library = dlopen("libsleef.so.3", RTLD_NOW | RTLD_LOCAL);
  if (!library || !find_functions(library)) return;
  sleef_log1p = math.log1p_f64;
  sleef_log1pf = math.log1p_f32;
  math.log1p_f64 = log1p_of_all;
  math.log1p_f32 = log1pf_of_all;
#define ADDRESSES(f) (const void *)math.f##_f64, (const void *)math.f##_f32,
  const void *addresses[COUNT] = {JG_VECTOR_MATH_UNARY(ADDRESSES) JG_VECTOR_MATH_BINARY(ADDRESSES)};
  for (size_t i = 0; i < COUNT; i++) symbols[i].address = addresses[i];
  loaded = &math;
}

const jg_vector_math *jg_vector_math_get(void) {
  (void)pthread_once(&once, load);
  return loaded;
}

int jg_vector_math_status(void) { return jg_vector_math_get() != NULL; }

double jg_vector_math_exp(double x) {
  const jg_vector_math *found = jg_vector_math_get();
  return found ? found->exp_f64(x) : exp(x);
}

double jg_vector_math_log1p(double x) {
  const jg_vector_math *found = jg_vector_math_get();
  return found ? found->log1p_f64(x) : log1p(x);
}

const jg_symbol *jg_vector_math_find(const char *name) {
  for (size_t i = 0; i < COUNT; i++) {
    if (strcmp(symbols[i].name, name) == 0) return jg_vector_math_get() ? &symbols[i] : NULL;
  }
  return NULL;
}
