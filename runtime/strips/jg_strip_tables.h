/* The list of strip kernels, and their tables, one for each kind of vectors. */
#ifndef JG_STRIP_TABLES_H
#define JG_STRIP_TABLES_H

#include "../include/jg_strips.h"
#include "jg_vector_math.h"

/* In the order of their names (strcmp), which a test asserts. */
#define JG_STRIP_NAMES(F)                                                                       \
  F(abs_f32) F(abs_f64) F(acos_f32) F(acos_f64) F(add_f32) F(add_f64) F(and_bool) F(asin_f32)   \
  F(asin_f64) F(atan2_f32) F(atan2_f64) F(atan_f32) F(atan_f64) F(atanh_f32) F(atanh_f64)       \
  F(cbrt_f32) F(cbrt_f64) F(ceil_f32) F(ceil_f64) F(copy_bool) F(copy_f32) F(copy_f64)          \
  F(copy_i32) F(copy_i64) F(copysign_f32) F(copysign_f64) F(cos_f32) F(cos_f64) F(divide_f32)   \
  F(divide_f64) F(dot_f32) F(dot_f64) F(equal_f32) F(equal_f64) F(exp2_f32) F(exp2_f64)         \
  F(exp_f32) F(exp_f64) F(expm1_f32) F(expm1_f64) F(f32_from_bool) F(f32_from_f64)              \
  F(f32_from_i32) F(f32_from_i64) F(f64_from_bool) F(f64_from_f32) F(f64_from_i32)              \
  F(f64_from_i64) F(floor_f32) F(floor_f64) F(fold_maximum_f32) F(fold_maximum_f64)             \
  F(fold_minimum_f32) F(fold_minimum_f64) F(greater_equal_f32) F(greater_equal_f64)             \
  F(greater_f32) F(greater_f64) F(is_finite_f32) F(is_finite_f64) F(is_inf_f32) F(is_inf_f64)   \
  F(is_nan_f32) F(is_nan_f64) F(less_equal_f32) F(less_equal_f64) F(less_f32) F(less_f64)       \
  F(log10_f32) F(log10_f64) F(log1p_f32) F(log1p_f64) F(log2_f32) F(log2_f64) F(log_f32)        \
  F(log_f64) F(log_sigmoid_f32) F(log_sigmoid_f64) F(maximum_f32) F(maximum_f64)                \
  F(minimum_f32) F(minimum_f64) F(multiply_add_f32) F(multiply_add_f64) F(multiply_f32)         \
  F(multiply_f64) F(multiply_subtract_f32) F(multiply_subtract_f64) F(negate_f32)               \
  F(negate_f64) F(not_bool) F(not_equal_f32) F(not_equal_f64) F(or_bool) F(pow_f32)             \
  F(pow_f64) F(rsqrt_f32) F(rsqrt_f64) F(select_bool) F(select_f32) F(select_f64)               \
  F(sigmoid_f32) F(sigmoid_f64) F(sign_f32) F(sign_f64) F(sin_f32) F(sin_f64) F(softplus_f32)   \
  F(softplus_f64) F(sqrt_f32) F(sqrt_f64) F(subtract_f32) F(subtract_f64)                       \
  F(subtract_multiply_f32) F(subtract_multiply_f64) F(sum_f32) F(sum_f64) F(tanh_f32)           \
  F(tanh_f64) F(trunc_f32) F(trunc_f64) F(xor_bool)

#define JG_COUNTED(name) +1
enum { JG_STRIP_COUNT = 0 JG_STRIP_NAMES(JG_COUNTED) };

extern const jg_symbol jg_strips_16[], jg_strips_32[], jg_strips_64[];

#endif
