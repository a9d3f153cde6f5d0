/* The strips of one float type: JG_T, the suffix JG_K, and JG_M for functions of math.h. */
JG_UNARY(JG_K(abs), JG_T, JG_T, JG_M(fabs)(x))
JG_UNARY(JG_K(negate), JG_T, JG_T, -x)
JG_UNARY(JG_K(sign), JG_T, JG_T, JG_K(jg_sign)(x))
JG_UNARY(JG_K(sqrt), JG_T, JG_T, JG_M(sqrt)(x))
JG_UNARY(JG_K(rsqrt), JG_T, JG_T, JG_K(jg_rsqrt)(x))
JG_UNARY(JG_K(floor), JG_T, JG_T, JG_M(floor)(x))
JG_UNARY(JG_K(ceil), JG_T, JG_T, JG_M(ceil)(x))
JG_UNARY(JG_K(trunc), JG_T, JG_T, JG_M(trunc)(x))
JG_UNARY(JG_K(is_nan), JG_T, bool, JG_K(jg_is_nan)(x))
JG_UNARY(JG_K(is_inf), JG_T, bool, JG_K(jg_is_inf)(x))
JG_UNARY(JG_K(is_finite), JG_T, bool, JG_K(jg_is_finite)(x))
JG_BINARY(JG_K(add), JG_T, JG_T, x + y)
JG_BINARY(JG_K(subtract), JG_T, JG_T, x - y)
JG_BINARY(JG_K(multiply), JG_T, JG_T, x * y)
JG_BINARY(JG_K(divide), JG_T, JG_T, x / y)
JG_BINARY(JG_K(maximum), JG_T, JG_T, JG_K(jg_max)(x, y))
JG_BINARY(JG_K(minimum), JG_T, JG_T, JG_K(jg_min)(x, y))
JG_BINARY(JG_K(copysign), JG_T, JG_T, JG_M(copysign)(x, y))
JG_BINARY(JG_K(equal), JG_T, bool, x == y)
JG_BINARY(JG_K(not_equal), JG_T, bool, x != y)
JG_BINARY(JG_K(less), JG_T, bool, x < y)
JG_BINARY(JG_K(less_equal), JG_T, bool, x <= y)
JG_BINARY(JG_K(greater), JG_T, bool, x > y)
JG_BINARY(JG_K(greater_equal), JG_T, bool, x >= y)
/* Two steps in one, each rounded. */
JG_TERNARY(JG_K(multiply_add), JG_T, JG_T, x * y + z)
JG_TERNARY(JG_K(multiply_subtract), JG_T, JG_T, x * y - z)
JG_TERNARY(JG_K(subtract_multiply), JG_T, JG_T, z - x * y)
JG_TERNARY(JG_K(select), bool, JG_T, x ? y : z)

/* Elementary functions: by vectors of SLEEF where they are, else by libm one by one. */
#ifdef JG_VECTOR_BYTES
#define JG_MATH(f)                                                                       \
  JG_UNARY(JG_PASTE(JG_K(f), _libm), JG_T, JG_T, JG_M(f)(x))                             \
  static void JG_K(f)(int64_t n, void *out, const void *a, int64_t sa) {                 \
    const jg_vector_math *const math = jg_vector_math_get();                             \
    if (math) JG_K(jg_vector_map)(n, out, a, sa, math->JG_PASTE(JG_K(f), _vector));      \
    else JG_PASTE(JG_K(f), _libm)(n, out, a, sa);                                        \
  }
#define JG_MATH_2(f)                                                                     \
  JG_BINARY(JG_PASTE(JG_K(f), _libm), JG_T, JG_T, JG_M(f)(x, y))                         \
  static void JG_K(f)(int64_t n, void *out, const void *a, int64_t sa, const void *b,    \
                      int64_t sb) {                                                      \
    const jg_vector_math *const math = jg_vector_math_get();                             \
    if (math) {                                                                          \
      JG_K(jg_vector_map_2)(n, out, a, sa, b, sb, math->JG_PASTE(JG_K(f), _vector));     \
    } else {                                                                             \
      JG_PASTE(JG_K(f), _libm)(n, out, a, sa, b, sb);                                    \
    }                                                                                    \
  }
#else
#define JG_MATH(f) JG_UNARY(JG_K(f), JG_T, JG_T, JG_M(f)(x))
#define JG_MATH_2(f) JG_BINARY(JG_K(f), JG_T, JG_T, JG_M(f)(x, y))
#endif
JG_MATH(exp)
JG_MATH(exp2)
JG_MATH(expm1)
JG_MATH(log)
JG_MATH(log2)
JG_MATH(log10)
JG_MATH(sin)
JG_MATH(cos)
JG_MATH(asin)
JG_MATH(acos)
JG_MATH(atan)
JG_MATH(tanh)
JG_MATH(atanh)
JG_MATH(cbrt)
JG_MATH_2(pow)
JG_MATH_2(atan2)
#undef JG_MATH
#undef JG_MATH_2

/* As jg_vector_math.c does for one number: what SLEEF's log1p has no value for is computed alone. */
#ifdef JG_VECTOR_BYTES
JG_UNARY(JG_K(log1p_libm), JG_T, JG_T, JG_M(log1p)(x))
static void JG_K(log1p)(int64_t n, void *out, const void *a, int64_t sa) {
  const jg_vector_math *const math = jg_vector_math_get();
  if (!math) {
    JG_K(log1p_libm)(n, out, a, sa);
    return;
  }
  JG_T x[JG_STRIP_LENGTH];
  for (int64_t start = 0; start < n; start += JG_STRIP_LENGTH) {
    const int64_t m = n - start < JG_STRIP_LENGTH ? n - start : JG_STRIP_LENGTH;
    JG_T *const r = (JG_T *)out + start;
    int others = 0;
    for (int64_t i = 0; i < m; i++) {
      x[i] = ((const JG_T *)a)[(start + i) * sa];
      others |= !jg_vector_log1p_has(x[i], sizeof(JG_T));
    }
    JG_K(jg_vector_map)(m, r, x, 1, math->JG_PASTE(JG_K(log1p), _vector));
    for (int64_t i = 0; others && i < m; i++) {
      if (!jg_vector_log1p_has(x[i], sizeof(JG_T))) r[i] = math->JG_K(log1p)(x[i]);
    }
  }
}
#else
JG_UNARY(JG_K(log1p), JG_T, JG_T, JG_M(log1p)(x))
#endif

/* The formulas of jg_logistic.h, in double precision for both types; x stands in x[i], t in t[i]. */
#define JG_LOGISTIC(name, first, second, e)                                              \
  static void name(int64_t n, void *out, const void *a, int64_t sa) {                    \
    for (int64_t start = 0; start < n; start += JG_STRIP_LENGTH) {                       \
      const JG_T *const p = (const JG_T *)a + start * sa;                                \
      JG_T *const r = (JG_T *)out + start;                                               \
      const int64_t m = n - start < JG_STRIP_LENGTH ? n - start : JG_STRIP_LENGTH;       \
      double x[JG_STRIP_LENGTH], t[JG_STRIP_LENGTH];                                     \
      for (int64_t i = 0; i < m; i++) {                                                  \
        x[i] = (double)p[i * sa];                                                        \
        t[i] = -fabs(x[i]);                                                              \
      }                                                                                  \
      first(m, t, t, 1);                                                                 \
      second;                                                                            \
      for (int64_t i = 0; i < m; i++) r[i] = (JG_T)(e);                                  \
    }                                                                                    \
  }
JG_LOGISTIC(JG_K(sigmoid), exp_f64, (void)0, (x[i] < 0.0 ? t[i] : 1.0) / (1.0 + t[i]))
JG_LOGISTIC(JG_K(softplus), exp_f64, log1p_f64(m, t, t, 1), (x[i] < 0.0 ? 0.0 : x[i]) + t[i])
JG_LOGISTIC(JG_K(log_sigmoid), exp_f64, log1p_f64(m, t, t, 1), -((-x[i] < 0.0 ? 0.0 : -x[i]) + t[i]))
#undef JG_LOGISTIC

/* Sums: of a, or of products. x(i) is an element, xs(i) are sixteen dense ones from i on. */
typedef JG_T JG_K(parts) __attribute__((vector_size(16 * sizeof(JG_T))));

static inline JG_K(parts) JG_K(sixteen)(const JG_T *p) {
  JG_K(parts) x;
  memcpy(&x, p, sizeof x);
  return x;
}

#define JG_SUM(is_dense, x, xs)                                   \
  if (n < 8) {                                                    \
    for (int64_t i = 0; i < n; i++) first += x(i);                \
    return first;                                                 \
  }                                                               \
  JG_T t[16] = {0};                                               \
  int64_t i = 0;                                                  \
  if (is_dense) {                                                 \
    JG_K(parts) s = {0};                                          \
    for (; i + 16 <= n; i += 16) s += xs(i);                      \
    memcpy(t, &s, sizeof t);                                      \
  } else {                                                        \
    for (; i + 16 <= n; i += 16) {                                \
      for (int k = 0; k < 16; k++) t[k] += x(i + k);              \
    }                                                             \
  }                                                               \
  for (int k = 0; k < n - i; k++) t[k] += x(i + k);               \
  for (int half = 8; half > 0; half /= 2) {                       \
    for (int k = 0; k < half; k++) t[k] += t[k + half];           \
  }                                                               \
  return first + t[0];

/* first + the sum of n elements. */
static JG_T JG_K(sum)(int64_t n, JG_T first, const void *a, int64_t sa) {
  const JG_T *const p = a;
#define JG_ONE(i) p[(i) * sa]
#define JG_SIXTEEN(i) JG_K(sixteen)(p + (i))
  JG_SUM(sa == 1, JG_ONE, JG_SIXTEEN)
#undef JG_ONE
#undef JG_SIXTEEN
}

/* first + the sum of n products, as JG_K(sum) adds them. */
static JG_T JG_K(dot)(int64_t n, JG_T first, const void *a, int64_t sa, const void *b, int64_t sb) {
  const JG_T *const p = a, *const q = b;
#define JG_ONE(i) (p[(i) * sa] * q[(i) * sb])
#define JG_SIXTEEN(i) (JG_K(sixteen)(p + (i)) * JG_K(sixteen)(q + (i)))
  JG_SUM(sa == 1 && sb == 1, JG_ONE, JG_SIXTEEN)
#undef JG_ONE
#undef JG_SIXTEEN
}
#undef JG_SUM

/* The extremum of first and n elements; it has no order. */
#define JG_EXTREMUM(name, of)                                                            \
  static JG_T name(int64_t n, JG_T first, const void *a, int64_t sa) {                   \
    const JG_T *const p = a;                                                             \
    int64_t i = 0;                                                                       \
    if (sa == 1 && n >= 16) {                                                            \
      JG_T t[16];                                                                        \
      memcpy(t, p, sizeof t);                                                            \
      for (i = 16; i + 16 <= n; i += 16) {                                               \
        _Pragma("clang loop vectorize(assume_safety)")                                   \
        for (int k = 0; k < 16; k++) t[k] = of(t[k], p[i + k]);                          \
      }                                                                                  \
      for (int k = 0; k < 16; k++) first = of(first, t[k]);                              \
    }                                                                                    \
    for (; i < n; i++) first = of(first, p[i * sa]);                                     \
    return first;                                                                        \
  }
JG_EXTREMUM(JG_K(fold_maximum), JG_K(jg_max))
JG_EXTREMUM(JG_K(fold_minimum), JG_K(jg_min))
#undef JG_EXTREMUM
