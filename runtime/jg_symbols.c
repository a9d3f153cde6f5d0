/* The table behind jg_symbols.h. The entries stand in strcmp order, which a test asserts; the
 * portable functions are compiled here, from the headers that shipped C carries. */
#define _DEFAULT_SOURCE /* lgamma_r */
#define JG_HAVE_LGAMMA_R
#include "include/jg_symbols.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "include/jg_clock.h"
#include "include/jg_matmul.h"
#include "include/jg_memory.h"
#include "include/jg_parallel.h"
#include "include/jg_strips.h"
#include "jg_linalg.h"
#include "portable/jg_bessel.h"
#include "portable/jg_error.h"
#include "portable/jg_float.h"
#include "strips/jg_vector_math.h"
/* The logistic family has the bits of its strips. */
#define exp jg_vector_math_exp
#define log1p jg_vector_math_log1p
#include "portable/jg_logistic.h"
#undef exp
#undef log1p
#include "portable/jg_int.h"
#include "portable/jg_logarithm.h"
#include "portable/jg_sort.h"
#include "portable/jg_special.h"
#include "portable/jg_incomplete.h"
#include "portable/jg_stack.h"

/* POSIX: a function's address fits a void *. */
#define S(name) {#name, (const void *)name}

static const jg_symbol table[] = {
    S(acos), S(acosf), S(acosh), S(acoshf), S(asin), S(asinf), S(asinh), S(asinhf), S(atan),
    S(atan2), S(atan2f), S(atanf), S(atanh), S(atanhf), S(cbrt), S(cbrtf), S(ceil), S(ceilf),
    S(copysign), S(copysignf), S(cos), S(cosf), S(cosh), S(coshf), S(erf), S(erfc), S(erfcf),
    S(erff), S(exp), S(exp2), S(exp2f), S(expf), S(expm1), S(expm1f), S(fabs), S(fabsf), S(floor),
    S(floorf), S(fma), S(fmaf), S(fmax), S(fmaxf), S(fmin), S(fminf), S(fmod), S(fmodf), S(hypot),
    S(hypotf), S(jg_abs_i32), S(jg_abs_i64), S(jg_add_i32), S(jg_add_i64), S(jg_bessel_i_f32),
    S(jg_bessel_i_f64), S(jg_bessel_ie_f32), S(jg_bessel_ie_f64), S(jg_beta_density_f32),
    S(jg_beta_density_f64), S(jg_betainc_f32), S(jg_betainc_f64), S(jg_cholesky_f32),
    S(jg_cholesky_f64), S(jg_clock_start), S(jg_clock_stop), S(jg_digamma_f32),
    S(jg_digamma_f64), S(jg_eigh_f32), S(jg_eigh_f64),
    S(jg_entr_f32), S(jg_entr_f64), S(jg_erfcx_f32), S(jg_erfcx_f64), S(jg_erfcx_integral_f32),
    S(jg_erfcx_integral_f64), S(jg_erfinv_f32), S(jg_erfinv_f64), S(jg_floor_divide_f32),
    S(jg_floor_divide_f64), S(jg_floor_divide_i32), S(jg_floor_divide_i64), S(jg_fmax_f32),
    S(jg_fmax_f64), S(jg_fmin_f32), S(jg_fmin_f64), S(jg_gamma_density_f32),
    S(jg_gamma_density_f64), S(jg_gammainc_f32), S(jg_gammainc_f64), S(jg_gammaincc_f32),
    S(jg_gammaincc_f64), S(jg_i32_from_f32), S(jg_i32_from_f64), S(jg_i64_from_f32),
    S(jg_i64_from_f64), S(jg_is_finite_f32), S(jg_is_finite_f64), S(jg_is_inf_f32),
    S(jg_is_inf_f64), S(jg_is_nan_f32), S(jg_is_nan_f64), S(jg_lgamma_f32), S(jg_lgamma_f64),
    S(jg_log_ndtr_f32), S(jg_log_ndtr_f64), S(jg_log_sigmoid_f32), S(jg_log_sigmoid_f64),
    S(jg_logaddexp_f32), S(jg_logaddexp_f64), S(jg_logit_f32), S(jg_logit_f64), S(jg_lu_f32),
    S(jg_lu_f64), S(jg_matmul_batched_f32), S(jg_matmul_batched_f64), S(jg_matmul_f32),
    S(jg_matmul_f64), S(jg_max_f32), S(jg_max_f64), S(jg_max_i32), S(jg_max_i64), S(jg_memory_grow),
    S(jg_min_f32), S(jg_min_f64), S(jg_min_i32), S(jg_min_i64), S(jg_mod_f32), S(jg_mod_f64),
    S(jg_mod_i32), S(jg_mod_i64), S(jg_multiply_i32), S(jg_multiply_i64), S(jg_ndtr_f32),
    S(jg_ndtr_f64), S(jg_ndtri_f32), S(jg_ndtri_f64), S(jg_negate_i32), S(jg_negate_i64), S(jg_parallel),
    S(jg_polygamma_f32), S(jg_polygamma_f64), S(jg_pow_i32), S(jg_pow_i64), S(jg_qr_f32),
    S(jg_qr_f64), S(jg_revolve_i32), S(jg_revolve_i64), S(jg_rsqrt_f32), S(jg_rsqrt_f64),
    S(jg_shift_left_i32), S(jg_shift_left_i64), S(jg_shift_right_i32), S(jg_shift_right_i64),
    S(jg_sigmoid_f32), S(jg_sigmoid_f64), S(jg_sign_f32), S(jg_sign_f64), S(jg_sign_i32),
    S(jg_sign_i64), S(jg_signbit_f32), S(jg_signbit_f64), S(jg_sinc_derivative_f32),
    S(jg_sinc_derivative_f64), S(jg_softplus_f32), S(jg_softplus_f64), S(jg_sort_bool),
    S(jg_sort_f32), S(jg_sort_f64), S(jg_sort_i32), S(jg_sort_i64), S(jg_stack_free),
    S(jg_subtract_i32), S(jg_subtract_i64), S(jg_svd_f32), S(jg_svd_f64),
    S(jg_triangular_solve_f32), S(jg_triangular_solve_f64), S(jg_xlog1py_f32), S(jg_xlog1py_f64),
    S(jg_xlogy_f32), S(jg_xlogy_f64), S(log), S(log10), S(log10f), S(log1p), S(log1pf), S(log2),
    S(log2f), S(logf), S(memcpy), S(memmove), S(memset), S(nextafter), S(nextafterf), S(pow),
    S(powf), S(remainder), S(remainderf), S(rint), S(rintf), S(round), S(roundf), S(sin), S(sinf),
    S(sinh), S(sinhf), S(sqrt), S(sqrtf), S(tan), S(tanf), S(tanh), S(tanhf), S(trunc), S(truncf),
};

enum { COUNT = sizeof table / sizeof *table, LONGEST_NAME = 31, MOST_CALLED = COUNT + 256 };

const jg_symbol *jg_symbol_table(size_t *count) {
  *count = COUNT;
  return table;
}

/* Among the symbols of the table. */
static const jg_symbol *find(const char *name) {
  size_t low = 0, high = COUNT;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = strcmp(name, table[middle].name);
    if (order == 0) return &table[middle];
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return NULL;
}

/* SLEEF's function for one of libm's, where it computes the strips. */
static const jg_symbol *in_use(const jg_symbol *symbol) {
  const jg_symbol *vector = symbol ? jg_vector_math_find(symbol->name) : NULL;
  return vector ? vector : symbol;
}

const jg_symbol *jg_symbol_find(const char *name) {
  const jg_symbol *symbol = find(name);
  return symbol ? in_use(symbol) : jg_strip_find(name);
}

/* The symbol whose name ends just before `end`, in a text that begins at `text`; or NULL. */
static const jg_symbol *symbol_before(const char *text, const char *end) {
  char name[LONGEST_NAME + 1];
  const char *start = end;
  while (start > text && (isalnum((unsigned char)start[-1]) || start[-1] == '_')) start--;
  const size_t length = (size_t)(end - start);
  if (length == 0 || length > LONGEST_NAME) return NULL;
  memcpy(name, start, length);
  name[length] = 0;
  const jg_symbol *symbol = find(name);
  return symbol ? symbol : jg_strip_find(name);
}

void jg_symbol_visit_called(const char *text, void *context,
                            void (*visit)(void *context, const jg_symbol *symbol)) {
  const jg_symbol *visited[MOST_CALLED];
  size_t count = 0;
  for (const char *p = strchr(text, '('); p; p = strchr(p + 1, '(')) {
    const jg_symbol *symbol = symbol_before(text, p);
    size_t i = 0;
    while (i < count && visited[i] != symbol) i++;
    if (!symbol || i < count) continue;
    visited[count++] = symbol;
    visit(context, in_use(symbol));
  }
}
