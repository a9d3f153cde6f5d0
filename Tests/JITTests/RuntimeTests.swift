// The C runtime against independent values: mpmath tables, Swift's own arithmetic, closed forms. The
// functions are called through the symbol table, as generated code does.
import Glibc
import JIT
import Testing
import runtime

/// The function of that name as C type `type`; the process ends where the table lacks it.
func runtimeFunction<Function>(_ name: String, as type: Function.Type) -> Function {
  guard let symbol = jg_symbol_find(name) else { preconditionFailure("no symbol \(name)") }
  return unsafeBitCast(symbol.pointee.address, to: type)
}

private typealias D1 = @convention(c) (Double) -> Double
private typealias D2 = @convention(c) (Double, Double) -> Double
private typealias F1 = @convention(c) (Float) -> Float
private typealias F2 = @convention(c) (Float, Float) -> Float
private typealias I1 = @convention(c) (Int64) -> Int64
private typealias I2 = @convention(c) (Int64, Int64) -> Int64
private typealias J2 = @convention(c) (Int32, Int32) -> Int32

@Suite struct SymbolTests {
  @Test func theTableIsSortedAndFindsItself() throws {
    var count = 0
    let table = UnsafeBufferPointer(start: jg_symbol_table(&count), count: count)
    let names = table.map { String(cString: $0.name) }
    #expect(names.count > 140)
    #expect(zip(names, names.dropFirst()).allSatisfy { strcmp($0, $1) < 0 })
    #expect(names.allSatisfy { $0.utf8.count <= 31 })
    for (name, symbol) in zip(names, table) {
      // SLEEF's function stands for libm's where the strips compute by it.
      let found = jg_vector_math_find(name) ?? jg_symbol_find(name)
      #expect(jg_symbol_find(name)?.pointee.address == found?.pointee.address)
      #expect(jg_vector_math_find(name) != nil || found?.pointee.address == symbol.address)
    }
    #expect(jg_symbol_find("system") == nil)
    #expect(jg_symbol_find("") == nil)
  }

  @Test func stripsAreSortedAndFound() {
    var count = 0
    let table = UnsafeBufferPointer(start: jg_strip_table(&count), count: count)
    let names = table.map { String(cString: $0.name) }
    #expect(names.count > 110)
    #expect(zip(names, names.dropFirst()).allSatisfy { strcmp($0, $1) < 0 })
    #expect(names.allSatisfy { $0.utf8.count <= 31 })
    for (name, symbol) in zip(names, table) {
      #expect(jg_strip_find(name)?.pointee.address == symbol.address)
      #expect(jg_symbol_find(name)?.pointee.address == symbol.address)
    }
    #expect(jg_strip_find("jg_strip_system") == nil)
  }

  @Test func libmIsWhatItSays() {
    #expect(runtimeFunction("cosh", as: D1.self)(1) == Glibc.cosh(1))
    #expect(runtimeFunction("sqrtf", as: F1.self)(2) == Float(2).squareRoot())
    #expect(runtimeFunction("hypot", as: D2.self)(1, -1) == Glibc.hypot(1, -1))
    #expect(runtimeFunction("remainder", as: D2.self)(5, 3) == -1)
  }
}

@Suite struct SpecialFunctionTests {
  /// mpmath, mp.dps = 40: float(psi(n, mpf(x)))
  static let polygamma: [(Double, Double, Double)] = [
    (0, 1e-300, -9.999999999999999e+299), (0, 1e-08, -100000000.57721564),
    (0, 0.1, -10.423754940411076), (0, 0.5, -1.9635100260214235), (0, 1.0, -0.5772156649015329),
    (0, 1.25, -0.22745353337626542), (0, 1.4616321449683622, -9.241265521729427e-17),
    (0, 1.5, 0.03648997397857652), (0, 2.0, 0.42278433509846713), (0, 3.75, 1.1825373886117962),
    (0, 9.99, 2.250700372831201), (0, 10.0, 2.251752589066721), (0, 25.5, 3.2189424728839198),
    (0, 1e6, 13.815510057964191), (0, 1e300, 690.7755278982137), (0, -0.25, 2.9141391202135276),
    (0, -0.5, 0.03648997397857652), (0, -1.75, -2.322691628614361), (0, -7.3, 4.33730730551005),
    (0, -100.5, 4.6151246013380645), (1, 1e-08, 1.0000000000000002e+16),
    (1, 0.5, 4.934802200544679), (1, 1.0, 1.6449340668482264), (1, 3.75, 0.3053398526902531),
    (1, 40.0, 0.02531510384129103), (1, 1e8, 1.000000005e-08), (1, -0.5, 8.934802200544679),
    (1, -3.25, 19.474085068082154), (1, -1000.5, 9.868605400173442),
    (2, 0.1, -2001.8614573783436), (2, 1.0, -2.4041138063191885),
    (2, 7.5, -0.020305252536644666), (2, -0.25, 122.69736678366236),
    (2, -2.75, -124.11765305971518), (3, 0.5, 97.40909103400244),
    (3, -1.5, 194.59427621918763), (5, 2.5, 0.5785691785671835),
    (10, 0.3, -2048468424178.0745), (10, 30.0, -7.232051034585708e-10),
    (20, 4.5, -47340.82936317666), (50, 10.25, -8708779701756.863),
  ]

  /// ψ′(x) → 1/x; the powers of x underflow long before.
  @Test func trigammaOfLargeNumbers() {
    let f = runtimeFunction("jg_polygamma_f64", as: D2.self)
    for x in [1e10, 1e100, 1e200, 1e300] { #expect(abs(f(1, x) * x - 1) < 1e-9) }
  }

  @Test func polygammaAgainstMpmath() {
    let f = runtimeFunction("jg_polygamma_f64", as: D2.self)
    let digamma = runtimeFunction("jg_digamma_f64", as: D1.self)
    for (n, x, expected) in Self.polygamma {
      // Left of 0 digamma is a difference, accurate in ulps of its terms.
      let unit = x < 0 && n == 0 ? Swift.max(expected.ulp, 4.0.ulp) : expected.ulp
      #expect(Swift.abs(f(n, x) - expected) <= (8 + n / 4) * unit, "psi_\(n)(\(x))")
      if n == 0 { #expect(digamma(x) == f(0, x)) }
    }
  }

  /// The cotangent of the reflection is 0 halfway between poles; it was 40 ulp off there once.
  @Test func digammaHalfwayBetweenPoles() {
    let f = runtimeFunction("jg_digamma_f64", as: D1.self)
    for x in stride(from: 0.5, through: 20.5, by: 1) { #expect(f(-x) == f(1 + x)) }
    // mpmath: float(psi(0, mpf(-0.49)))
    #expect(Swift.abs(f(-0.49) - 0.1258288023670366) <= 6 * 0.1.ulp)
  }

  @Test func polesAndLimits() {
    let f = runtimeFunction("jg_polygamma_f64", as: D2.self)
    for n in [0.0, 2] { for x in [0, -0.0, -1, -7] { #expect(f(n, x).isNaN) } }
    for x in [0, -0.0, -1, -7] { #expect(f(1, x) == .infinity) }
    for n in [-1, 0.5, 171, .nan, .infinity] { #expect(f(n, 1.5).isNaN) }
    for n in [0.0, 1, 2] { for x in [.nan, -.infinity] as [Double] { #expect(f(n, x).isNaN) } }
    #expect(f(0, .infinity) == .infinity)
    #expect(f(1, .infinity) == 0)
    #expect(runtimeFunction("jg_digamma_f32", as: F1.self)(1.5) == Float(0.03648997397857652))
    #expect(runtimeFunction("jg_polygamma_f32", as: F2.self)(1, 0.5) == Float(4.934802200544679))
  }

  @Test func lgamma() {
    let f = runtimeFunction("jg_lgamma_f64", as: D1.self)
    #expect(f(1) == 0 && f(2) == 0 && f(0) == .infinity && f(-3) == .infinity)
    #expect(Swift.abs(f(0.5) - 0.5723649429247001) < 1e-15)
    #expect(Swift.abs(f(-0.5) - 1.2655121234846454) < 1e-15)
  }

  /// mpmath: [float(f(x)) for f in (sigmoid, log1p(exp))]
  @Test func logistic() {
    let sigmoid = runtimeFunction("jg_sigmoid_f64", as: D1.self)
    let softplus = runtimeFunction("jg_softplus_f64", as: D1.self)
    for (x, s, p) in [
      (-700.0, 9.859676543759770e-305, 9.859676543759770e-305),
      (-2.5, 0.07585818002124355, 0.07888973429254963), (0, 0.5, 0.6931471805599453),
      (3, 0.9525741268224333, 3.048587351573742), (800, 1, 800),
    ] {
      #expect(Swift.abs(sigmoid(x) - s) <= 3 * s.ulp)
      #expect(Swift.abs(softplus(x) - p) <= 3 * p.ulp)
      #expect(runtimeFunction("jg_log_sigmoid_f64", as: D1.self)(-x) == -softplus(x))
    }
    #expect(softplus(.nan).isNaN && sigmoid(.nan).isNaN)
    #expect(softplus(.infinity) == .infinity && sigmoid(-.infinity) == 0)
  }
}

@Suite struct FloatFunctionTests {
  static let values: [Double] = [-.infinity, -2.5, -1, -0.0, 0, 1, 2.5, .infinity, .nan]

  @Test func extremaPropagateNaNAndOrderZeros() {
    let max = runtimeFunction("jg_max_f64", as: D2.self)
    let min = runtimeFunction("jg_min_f64", as: D2.self)
    let maxf = runtimeFunction("jg_max_f32", as: F2.self)
    for a in Self.values {
      for b in Self.values {
        if a.isNaN || b.isNaN {
          #expect(max(a, b).isNaN && min(a, b).isNaN && maxf(Float(a), Float(b)).isNaN)
        } else {
          #expect(max(a, b).bitPattern == Double.maximum(a, b).bitPattern || a == b)
          #expect(max(a, b) == Swift.max(a, b) && min(a, b) == Swift.min(a, b))
          #expect(maxf(Float(a), Float(b)) == Float(Swift.max(a, b)))
        }
      }
    }
    #expect(max(-0.0, 0).sign == .plus && max(0, -0.0).sign == .plus)
    #expect(min(-0.0, 0).sign == .minus && min(0, -0.0).sign == .minus)
  }

  @Test func conversionsSaturate() {
    let i64 = runtimeFunction("jg_i64_from_f64", as: (@convention(c) (Double) -> Int64).self)
    let i32 = runtimeFunction("jg_i32_from_f64", as: (@convention(c) (Double) -> Int32).self)
    for (x, wide, narrow) in [
      (.nan, 0, 0), (.infinity, .max, .max), (-.infinity, .min, .min), (1.9, 1, 1), (-1.9, -1, -1),
      (0x1p63, .max, .max), (-0x1p63, .min, .min), (2147483647.9, 2_147_483_647, 2_147_483_647),
      (2_147_483_648, 2_147_483_648, .max), (-2147483648.9, -2_147_483_648, .min),
      (-2_147_483_649, -2_147_483_649, .min),
    ] as [(Double, Int64, Int32)] {
      #expect(i64(x) == wide && i32(x) == narrow, "\(x)")
    }
    let from = runtimeFunction("jg_i64_from_f32", as: (@convention(c) (Float) -> Int64).self)
    #expect(from(.nan) == 0 && from(1e30) == .max && from(-2.5) == -2)
  }

  @Test func testsAndSigns() {
    typealias Test = @convention(c) (Double) -> Bool
    for x in Self.values {
      #expect(runtimeFunction("jg_is_nan_f64", as: Test.self)(x) == x.isNaN)
      #expect(runtimeFunction("jg_is_inf_f64", as: Test.self)(x) == x.isInfinite)
      #expect(runtimeFunction("jg_is_finite_f64", as: Test.self)(x) == x.isFinite)
      #expect(runtimeFunction("jg_signbit_f64", as: Test.self)(x) == (x.sign == .minus))
      let sign = runtimeFunction("jg_sign_f64", as: D1.self)(x)
      #expect(x.isNaN ? sign.isNaN : sign == (x > 0 ? 1 : x < 0 ? -1 : 0) && sign.sign == x.sign)
    }
    let mod = runtimeFunction("jg_mod_f64", as: D2.self)
    #expect(mod(-7, 3) == 2 && mod(7, -3) == -2 && mod(6, 3) == 0 && mod(1, 0).isNaN)
    let divide = runtimeFunction("jg_floor_divide_f64", as: D2.self)
    #expect(divide(-7, 2) == -4 && divide(1, 0) == .infinity)
  }
}

@Suite struct IntegerFunctionTests {
  static let edges: [Int64] = [
    .min, .min + 1, -64, -9, -2, -1, 0, 1, 2, 3, 31, 32, 63, 64, 1000, .max - 1, .max,
  ]

  @Test func arithmeticWrapsAndNeverTraps() {
    for a in Self.edges {
      for b in Self.edges {
        #expect(runtimeFunction("jg_add_i64", as: I2.self)(a, b) == a &+ b)
        #expect(runtimeFunction("jg_subtract_i64", as: I2.self)(a, b) == a &- b)
        #expect(runtimeFunction("jg_multiply_i64", as: I2.self)(a, b) == a &* b)
        #expect(runtimeFunction("jg_floor_divide_i64", as: I2.self)(a, b) == floored(a, b))
        #expect(
          runtimeFunction("jg_mod_i64", as: I2.self)(a, b) == (b == 0 ? 0 : a &- b &* floored(a, b))
        )
        // Swift's smart shifts go the other way for a negative count.
        let left = b < 0 ? 0 : a << b
        let right = b < 0 ? a >> 63 : a >> b
        #expect(runtimeFunction("jg_shift_left_i64", as: I2.self)(a, b) == left)
        #expect(runtimeFunction("jg_shift_right_i64", as: I2.self)(a, b) == right)
        let (c, d) = (Int32(truncatingIfNeeded: a), Int32(truncatingIfNeeded: b))
        #expect(runtimeFunction("jg_multiply_i32", as: J2.self)(c, d) == c &* d)
        #expect(
          runtimeFunction("jg_floor_divide_i32", as: J2.self)(c, d)
            == Int32(truncatingIfNeeded: floored(Int64(c), Int64(d))))
        #expect(runtimeFunction("jg_shift_left_i32", as: J2.self)(c, d) == (d < 0 ? 0 : c << d))
      }
      #expect(runtimeFunction("jg_negate_i64", as: I1.self)(a) == 0 &- a)
      #expect(runtimeFunction("jg_abs_i64", as: I1.self)(a) == (a < 0 ? 0 &- a : a))
      #expect(runtimeFunction("jg_sign_i64", as: I1.self)(a) == a.signum())
    }
  }

  private func floored(_ a: Int64, _ b: Int64) -> Int64 {
    if b == 0 { return 0 }
    if b == -1 { return 0 &- a }
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0)
  }

  @Test func powers() {
    let power = runtimeFunction("jg_pow_i64", as: I2.self)
    for x in -5...5 as ClosedRange<Int64> {
      var expected: Int64 = 1
      for n in 0...70 as ClosedRange<Int64> {
        #expect(power(x, n) == expected)
        expected &*= x
      }
    }
    #expect(power(-1, -3) == -1 && power(-1, .min) == 1 && power(1, -9) == 1)
    #expect(power(2, -1) == 0 && power(0, -1) == 0 && power(0, 0) == 1)
    #expect(power(1, .max) == 1 && power(-1, .max) == -1)
    #expect(runtimeFunction("jg_pow_i32", as: J2.self)(3, 19) == 1_162_261_467)
  }
}

@Suite struct PortableTextTests {
  /// The text that shipped C carries compiles without headers and means the same.
  @Test func theTextIsWhatRuns() throws {
    var source = """
      typedef int int32_t; typedef unsigned uint32_t; typedef _Bool bool;
      typedef long int64_t; typedef unsigned long uint64_t;
      #define INT64_MAX 9223372036854775807
      #define INT64_MIN (-INT64_MAX - 1)
      #define INT32_MAX 2147483647
      #define INT32_MIN (-INT32_MAX - 1)
      #define NAN (0.0f / 0.0f)
      #define INFINITY (1.0f / 0.0f)

      """
    for name in ["copysign", "fmod", "pow"] { source += "double \(name)(double, double);\n" }
    for name in [
      "floor", "rint", "tan", "log", "exp", "log1p", "sqrt", "fabs", "erfc", "sin", "cos", "expm1",
      "tgamma",
    ] {
      source += "double \(name)(double);\n"
    }
    // The table has no lgamma, for its global; it is not called here.
    source += "static double lgamma(double x) { return x; }\n"
    source += "float copysignf(float, float); float fmodf(float, float); float floorf(float);\n"
    for header in [
      "jg_int.h", "jg_float.h", "jg_logistic.h", "jg_special.h", "jg_error.h", "jg_incomplete.h",
      "jg_bessel.h", "jg_logarithm.h", "jg_sort.h",
    ] {
      let text = String(cString: try #require(jg_portable_text(header)))
      #expect(text.hasPrefix("/* ") && text.hasSuffix("#endif\n"))
      source += text.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasPrefix("#include") }.joined(separator: "\n")
    }
    source += "double call(double n, double x) { return jg_polygamma_f64(n, x); }\n"
    let code = try TCCCompiler().compile(source, entries: ["call"])
    code.withEntry(0, as: D2.self) { f in
      for (n, x, _) in SpecialFunctionTests.polygamma {
        #expect(f(n, x) == runtimeFunction("jg_polygamma_f64", as: D2.self)(n, x))
      }
    }
    #expect(jg_portable_text("jg_none.h") == nil)
  }
}
