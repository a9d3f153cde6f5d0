// What the C emitter relies on in libtcc 0.9.27: comparisons with NaN, literals, float arithmetic,
// conversions, integers. These are facts about tcc, not about us: when one fails on a new tcc, it is
// the emitter's spelling that must change. Found wrong, and so not used by the emitter: arithmetic
// between two double literals (folded in 80 bits, rounded twice), uint64_t to and from floating
// point (does not link), `-1e999` and `-(1.0 / 0.0)` in a static initializer (refused).
import Glibc
import JIT
import Testing

@Suite struct TCCFactsTests {
  static let special: [Double] = [-1, -0.0, 0, 1, .nan, .infinity, -.infinity]

  /// Statements that give 1 where `a OP b`, else 0.
  static let comparisons = [
    "return a OP b;", "if (a OP b) return 1; return 0;", "if (!(a OP b)) return 0; return 1;",
    "return (a OP b) ? 1 : 0;", "return !(a OP b) ? 0 : 1;", "int r = a OP b; return r;",
    "_Bool r = a OP b; return r;", "_Bool r = !(a OP b); return !r;",
    "return (int)((a OP b) ? 1.0 : 0.0);", "while (!(a OP b)) return 0; return 1;",
    "for (; a OP b;) return 1; return 0;", "return (a OP b) && 1;", "return (a OP b) || 0;",
    "return 0 || (a OP b);", "return 1 && (a OP b);", "return (a OP b) + 0;",
    "return (int)((double)(a OP b) * 1.0);", "return (a OP b) | (a OP b);",
    "return (a OP b) & (a OP b);", "return (a OP b) ^ 0;", "return !(!(a OP b) || !(a OP b));",
    "return !(!(a OP b) && !(a OP b));", "unsigned char m[1]; m[0] = (a OP b); return m[0];",
    "double w[1]; w[0] = (a OP b); return (int)w[0];",
    "return ((a OP b) ? a : b) == a ? (a OP b) : (a OP b);",
  ]

  @Test(arguments: ["double", "float"])
  func comparisonsWithNaN(type: String) throws {
    let operators: [(String, (Double, Double) -> Bool)] = [
      ("<", { $0 < $1 }), ("<=", { $0 <= $1 }), (">", { $0 > $1 }), (">=", { $0 >= $1 }),
      ("==", { $0 == $1 }), ("!=", { $0 != $1 }),
    ]
    var source = ""
    for (name, _) in operators {
      for form in Self.comparisons {
        let body = form.split(separator: " ", omittingEmptySubsequences: false)
          .map { $0 == "OP" ? Substring(name) : $0 }.joined(separator: " ")
        source += "static int f\(count(source))(\(type) a, \(type) b) { \(body) }\n"
      }
    }
    let total = operators.count * Self.comparisons.count
    source += "int call(long k, const double *x) {\n  const \(type) a = x[0], b = x[1];\n"
    for k in 0..<total { source += "  if (k == \(k)) return f\(k)(a, b);\n" }
    source += "  return -1;\n}\n"
    let code = try TCCCompiler().compile(source, entries: ["call"])
    code.withEntry(0, as: (@convention(c) (Int, UnsafePointer<Double>) -> Int32).self) { call in
      for (o, (name, holds)) in operators.enumerated() {
        for (k, form) in Self.comparisons.enumerated() {
          for a in Self.special {
            for b in Self.special {
              let found = call(o * Self.comparisons.count + k, [a, b])
              #expect(found == (holds(a, b) ? 1 : 0), "\(type) \(a) \(name) \(b): \(form)")
            }
          }
        }
      }
    }
  }

  private func count(_ source: String) -> Int { source.utf8.count { $0 == 10 } }

  @Test(arguments: [
    "return x ? 1 : 0;", "if (x) return 1; return 0;", "return !!x;",
    "return x && 1;", "return x || 0;", "_Bool q = x; return q;", "return x != 0.0;",
  ])
  func truthOfFloats(body: String) throws {
    let code = try TCCCompiler().compile("int f(double x) { \(body) }", entries: ["f"])
    code.withEntry(0, as: (@convention(c) (Double) -> Int32).self) { f in
      for x in Self.special { #expect(f(x) == (x != 0 ? 1 : 0), "\(x)") }
    }
  }

  @Test func decimalAndHexLiteralsAreExact() throws {
    var generator = SplitMix(seed: 5)
    let edges = [
      0, 0.1, 1e22, 1e23, .leastNonzeroMagnitude, .leastNormalMagnitude.nextDown,
      .leastNormalMagnitude, .greatestFiniteMagnitude, .pi, 1 / 3, 0x1.8p-1060,
    ]
    let random = (0..<2000).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
    let numbers = edges + random
    let floats = numbers.map { Float($0) }.filter(\.isFinite)
    var source = "void f(double *a, float *c) {\n"
    for (k, x) in numbers.enumerated() { source += "a[\(k)] = \(x);\n" }
    for (k, x) in floats.enumerated() { source += "c[\(k)] = \(x)f;\n" }
    var a = [Double](repeating: 0, count: numbers.count)
    var c = [Float](repeating: 0, count: floats.count)
    let code = try TCCCompiler().compile(source + "}\n", entries: ["f"])
    typealias F = @convention(c) (UnsafeMutablePointer<Double>, UnsafeMutablePointer<Float>) -> Void
    code.withEntry(0, as: F.self) { $0(&a, &c) }
    #expect(a.map(\.bitPattern) == numbers.map(\.bitPattern))
    #expect(c.map(\.bitPattern) == floats.map(\.bitPattern))
  }

  /// A host that asked for decimal commas changes nothing (skipped where no such locale exists).
  @Test func literalsDoNotDependOnTheLocale() throws {
    guard let german = newlocale(1 << Int32(LC_NUMERIC), "de_DE.UTF-8", nil) else { return }
    let outside = uselocale(german)
    defer {
      uselocale(outside)
      freelocale(german)
    }
    #expect(try value("0.5") == 0.5)
  }

  @Test(arguments: [
    ("1.0 / 0.0", Double.infinity), ("-1.0 / 0.0", -.infinity), ("0.0 / 0.0", .nan),
    ("1e999", .infinity), ("-0.0", -0.0), ("0x1p-1074", 0x1p-1074), ("0x1.8p+3", 12),
    ("-0x1.fffffffffffffp1023", -.greatestFiniteMagnitude), ("(double)(1.0f / 0.0f)", .infinity),
  ])
  func spellingsOfSpecialValues(text: String, expected: Double) throws {
    let source = """
      static const double k[1] = {\(text)};
      double f(void) { return \(text); }
      double g(void) { return k[0]; }
      """
    let code = try TCCCompiler().compile(source, entries: ["f", "g"])
    for entry in 0...1 {
      let found = code.withEntry(entry, as: (@convention(c) () -> Double).self) { $0() }
      #expect(found.bitPattern == expected.bitPattern || (found.isNaN && expected.isNaN))
    }
  }

  /// Expressions over x = 16777216, y = 0.1f, i = -7, j = 2, u = 1.5 as declared below.
  @Test(arguments: [
    // Float stays float; a double operand widens.
    ("x + 1.0f", 16_777_216), ("x + 1.0", 16_777_217), ("y * y", Double(Float(0.1) * Float(0.1))),
    ("y == 0.1", 0), ("y == 0.1f", 1), ("(double)(float)(u + 1e-12)", 1.5),
    // A literal beside a variable is rounded once.
    ("(u - 0.5) + 0x1.0000000000001p-53", 0x1.0000000000001p0),
    // Integers: truncation, arithmetic shift, wrapping through unsigned, wide products.
    ("i / j", -3), ("i % j", -1), ("i / 4", -1), ("i >> 1", -4),
    ("(int64_t)(int)i * 3000000000", -21e9),
    ("(int64_t)((uint64_t)INT64_MAX + 1u) == -9223372036854775807 - 1", 1),
    ("(int32_t)((uint32_t)2147483647 + (uint32_t)j) == -2147483647", 1),
    ("(i & 0xff) ^ 3 | 256", 506), ("~i", 6), ("(int64_t)((uint64_t)i >> 60)", 15),
    // Conversions.
    ("(int64_t)-1.9", -1), ("(int64_t)(u * -1e18)", -15e17), ("(int32_t)(u * 2.0)", 3),
    ("(double)9007199254740993", 9_007_199_254_740_992), ("(double)(float)16777217", 16_777_216),
    ("(double)(float)(i * 1299827114558013)", Double(Float(-7 * 1_299_827_114_558_013 as Int64))),
    ("(_Bool)(0.25 * u) + (_Bool)(i * 256)", 2), ("(double)(u < 2.0)", 1),
    // Conditionals of mixed types, short circuits, nested.
    ("i < 0 ? u : 3", 1.5), ("i > 0 ? u : 3", 3), ("(u < 2 ? u : 2) * (j > 1 ? j : 1)", 3),
    ("i > 0 && 1 / (i - i) ? 1 : 2", 2),
    // Indices: negative, and beyond 2^31 bytes only as arithmetic.
    ("(a + 2)[-1]", 2), ("a[j * 1 + (i + 6)]", 2), ("&a[300000000] - a", 3e8),
  ])
  func expressions(text: String, expected: Double) throws {
    #expect(try value(text).bitPattern == expected.bitPattern, "\(text)")
  }

  private func value(_ text: String) throws -> Double {
    let source = """
      typedef int int32_t; typedef unsigned uint32_t;
      typedef long int64_t; typedef unsigned long uint64_t;
      #define INT64_MAX 9223372036854775807
      static double g(const float *restrict x_, int64_t i, int64_t j, double u) {
        const float x = x_[0], y = x_[1];
        static const double a[3] = {1.0, 2.0, 3.0};
        return \(text);
      }
      double f(void) {
        const float x[2] = {16777216.0f, 0.1f};
        return g(x, -7, 2, 1.5);
      }
      """
    let code = try TCCCompiler().compile(source, entries: ["f"])
    return code.withEntry(0, as: (@convention(c) () -> Double).self) { $0() }
  }

  @Test func manyArgumentsOfMixedTypesArrive() throws {
    let source = """
      static double g(double a, float b, long c, double d, int e, double f, double h, double i,
                      double j, double k, double l, long m, long n, long o, long p, float q) {
        return a + 2*b + 3*c + 4*d + 5*e + 6*f + 7*h + 8*i + 9*j + 10*k + 11*l + 12*m + 13*n + 14*o
          + 15*p + 16*q;
      }
      double f(void) { return g(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0.5f); }
      """
    let code = try TCCCompiler().compile(source, entries: ["f"])
    let expected = (1...15).map { Double($0 * $0) }.reduce(8, +)
    #expect(code.withEntry(0, as: (@convention(c) () -> Double).self) { $0() } == expected)
  }

  /// 64 levels of every kind of nesting, the emitter's limit, on a thread's small stack.
  @Test func sixtyFourLevelsOfNesting() async throws {
    func nested(_ open: String, _ close: String) -> String {
      String(repeating: open, count: 64) + "1.0" + String(repeating: close, count: 64)
    }
    let task = Task {
      for text in [
        nested("(u + ", ")"), nested("-(", ")"), nested("(u < 0 ? 2 : ", ")"), nested("g0(", ")"),
      ] {
        let source =
          "static double g0(double x) { return x; }\n"
          + "double f(double u) { return \(text); }"
        let code = try TCCCompiler().compile(source, entries: ["f"])
        #expect(code.withEntry(0, as: (@convention(c) (Double) -> Double).self) { $0(0) } == 1)
      }
    }
    try await task.value
  }
}
