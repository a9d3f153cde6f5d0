// What the parser understands: precedence, literals, names, subscripts, declarations, bounds.

import Graph
import Testing

@testable import Frontend

@Suite struct LanguageSyntaxTests {
  @Test(arguments: [
    ("a + b * c", "(+ a (* b c))"),
    ("a * b + c", "(+ (* a b) c)"),
    ("a - b - c", "(- (- a b) c)"),
    ("a - (b - c)", "(- a (- b c))"),
    ("5 * (i % 2)", "(* 5 (% i 2))"),
    ("a / b // c % d @ e", "(@ (% (// (/ a b) c) d) e)"),
    ("a ^ b ^ c", "(^ a (^ b c))"),
    ("-x^2", "(- (^ x 2))"),
    ("-2^2", "(- (^ 2 2))"),
    ("-2[0]", "(- 2[0])"),
    ("(-x)^2", "(^ (- x) 2)"),
    ("2^-x", "(^ 2 (- x))"),
    ("2^-x^2", "(^ 2 (- (^ x 2)))"),
    ("2^-x * 3", "(* (^ 2 (- x)) 3)"),
    ("a * -b + c", "(+ (* a (- b)) c)"),
    ("a - -b", "(- a (- b))"),
    ("- -x", "(- (- x))"),
    ("!a == b", "(== (! a) b)"),
    ("a << 1 + b", "(<< a (+ 1 b))"),
    ("a + b < c << d", "(< (+ a b) (<< c d))"),
    ("a < b & c == d | e", "(| (& (< a b) (== c d)) e)"),
    ("a | b & c", "(| a (& b c))"),
    ("x[0]^2", "(^ x[0] 2)"),
    ("f(x)[1:][k]", "f(x)[1:_:_][k]"),
    ("(a +\n b)", "(+ a b)"),
    ("a +\n b", "(+ a b)"),
  ])
  func precedence(text: String, expected: String) {
    #expect(shape(text) == expected)
  }

  @Test(arguments: [
    ("0", "0"), ("9223372036854775807", "9223372036854775807"),
    ("-9223372036854775808", "-9223372036854775808"), ("- 3", "-3"), ("-(3)", "(- 3)"),
    ("0x1F", "31"), ("0XfF", "255"), ("-0x10", "-16"), ("007", "7"),
    ("1.5", "1.5"), ("1e-3", "0.001"), ("1E+2", "100.0"), ("2.5e3", "2500.0"),
    ("0x1.8p3", "12.0"), ("0x1p-2", "0.25"), ("-0.0", "-0.0"), ("5e-324", "5e-324"),
    ("0.1000000000000000055511151231257827021181583404541015625", "0.1"),
    ("9007199254740993.0", "9007199254740992.0"),
    ("1.7976931348623157e308", "1.7976931348623157e+308"),
    ("inf", "inf"), ("-inf", "-inf"), ("nan", "nan"), ("-nan", "-nan"),
    ("true", "true"), ("false", "false"),
    ("[]", "[]"), ("[1, 2, 3]", "[1 2 3]"), ("[[1, 2],\n [3, 4],]", "[[1 2] [3 4]]"),
    ("f32([1, 2])", "f32([1 2])"), ("f32(2)", "f32(2)"),
    ("convert(x, to=f32)", "convert(x to=f32)"),
    ("sum(x, axes=[0, 1], keep=true)", "sum(x axes=[0 1] keep=true)"),
    (#"f("a\"b\\c\n\t", s="ü")"#, #"f("a\"b\\c\n\t" s="ü")"#),
    ("f()", "f()"),
  ])
  func literals(text: String, expected: String) { #expect(shape(text) == expected) }

  @Test(arguments: [
    ("grad.w + ct.loss + jvp.out.0", "(+ (+ grad.w ct.loss) jvp.out.0)"),
    ("_a1 + `two words` + `while`", "(+ (+ _a1 two words) while)"),
    ("`abc` + abc", "(+ abc abc)"), ("`x); system(\"…\"`", "x); system(\"…\""),
    ("`tan.x`(y)", "tan.x(y)"),
  ])
  func names(text: String, expected: String) { #expect(shape(text) == expected) }

  @Test(arguments: [
    ("x[1:]", "x[1:_:_]"), ("x[:, k]", "x[_:_:_ k]"), ("x[-1]", "x[-1]"), ("x[::2]", "x[_:_:2]"),
    ("x[a:b:s]", "x[a:b:s]"), ("x[..., 0]", "x[... 0]"), ("x[:n-1]", "x[_:(- n 1):_]"),
    ("x[::]", "x[_:_:_]"), ("x[a.0:]", "x[a.0:_:_]"), ("x[\n1,\n2\n]", "x[1 2]"),
  ])
  func subscripts(text: String, expected: String) { #expect(shape(text) == expected) }

  @Test func declarations() throws {
    let result = parsed(
      """
      \u{FEFF}# comment

      jitgrad 1
      func f(w: f64[d], X: f32[n, 2*d], k: i64, l: i32[0], m: bool[max(a, b) // 2 % 3]) \
      -> (loss: f64, g)
        where n >= 1,
          d == 2*k
      {
        a, b: i64[n] = h(w); loss = a;; g = b
      }
      func g() -> (x,) { x = 1 }
      """)
    #expect(result.diagnostics == [])
    let tree = result.tree
    let f = try #require(tree.functions.first)
    #expect(tree.functions.map { tree[$0.name] } == ["f", "g"])
    #expect(f.parameters.map { $0.type?.dtype } == [.f64, .f32, .i64, .i32, .bool])
    #expect(f.parameters.map { $0.type.map { tree[$0.extents].count } } == [1, 2, 0, 1, 1])
    #expect(f.results.map { tree[$0.name] } == ["loss", "g"])
    #expect(f.results.map { $0.type?.dtype } == [.f64, nil])
    #expect(f.constraints.map { shape(of: $0, in: tree) } == ["(>= n 1)", "(== d (* 2 k))"])
    #expect(f.body.statements.map { $0.targets.count } == [2, 1, 1])
    #expect(tree.comments.count == 1)
  }

  @Test func placesOfNodes() throws {
    let result = body("  y = (a + b) * f(c)[0]")
    let statement = try #require(result.tree.functions.first?.body.statements.first)
    let source = try #require(result.tree.source)
    let spots = result.tree.expressions.map {
      (source.text($0.span), source.location(at: Int($0.point)).column)
    }
    #expect(
      spots.map(\.0) == ["a", "b", "(a + b)", "c", "f(c)", "0", "f(c)[0]", "(a + b) * f(c)[0]"])
    #expect(spots.map(\.1) == [8, 12, 10, 19, 17, 22, 21, 15])
    #expect(source.text(statement.span) == "y = (a + b) * f(c)[0]")
  }

  @Test func childrenPrecedeParents() {
    let tree = parsed(everything).tree
    for (index, node) in tree.expressions.enumerated() {
      if case .binary(_, let left, let right) = node.kind {
        #expect(left.index < index && right.index < index)
      }
    }
  }

  @Test func manyNames() {
    var names = NameTable()
    let ids = (0..<5000).map { names.intern("name\($0)") }
    #expect(Set(ids).count == 5000)
    #expect((0..<5000).allSatisfy { names.intern("name\($0)") == ids[$0] })
    #expect((0..<5000).allSatisfy { names[ids[$0]] == "name\($0)" })
    #expect(["", "a`b", "a\nb", "a\u{202E}"].allSatisfy { !NameTable.isSpellable($0) })
    #expect(["a b", "while", "ü"].allSatisfy(NameTable.isSpellable))
  }

  @Test func unprintableCharacters() {
    let values: [UInt32] = [
      0, 0x1B, 0x7F, 0x85, 0x9F, 0x61C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2066,
      0x2069, 0xFEFF,
    ]
    #expect(values.allSatisfy { Unicode.Scalar($0)?.isUnprintable == true })
    #expect("aé 本😀\u{A0}".unicodeScalars.allSatisfy { !$0.isUnprintable })
  }

  // MARK: Bounds

  @Test(arguments: [("+", 100_000), ("*", 1000), ("&", 1000)])
  func longChains(sign: String, count: Int) {
    let chain = (0..<count).map { "x\($0)" }.joined(separator: " \(sign) ")
    let result = body("y = \(chain)")
    #expect(result.diagnostics == [])
    let again = parsed(result.tree.formatted())
    #expect(again.diagnostics == [])
    #expect(again.tree.isStructurallyEqual(to: result.tree))
  }

  @Test func longSubscriptChain() {
    let result = body("y = x" + String(repeating: "[0]", count: 30_000))
    #expect(result.diagnostics == [])
    #expect(parsed(result.tree.formatted()).tree.isStructurallyEqual(to: result.tree))
  }

  @Test(arguments: [
    ("(", "x", ")"), ("[", "x", "]"), ("f(", "x", ")"), ("x[", "0", "]"), ("-", "x", ""),
    ("!", "x", ""), ("x^", "x", ""), ("a + (b * ", "x", ")"),
  ])
  func nesting(open: String, middle: String, close: String) {
    func nested(_ depth: Int) -> ParseResult {
      let ends = (String(repeating: open, count: depth), String(repeating: close, count: depth))
      return body("y = \(ends.0)\(middle)\(ends.1)\nz = 1")
    }
    #expect(nested(256).diagnostics == [])
    let formatted = nested(256).tree.formatted()
    #expect(parsed(formatted).tree.isStructurallyEqual(to: nested(256).tree))
    #expect(nested(257).diagnostics.map(\.message) == ["this is nested more than 256 levels deep"])
    #expect(nested(100_000).diagnostics.count == 1)
    #expect(nested(257).tree.functions.first?.body.statements.count == 2)
  }

  @Test func sizes() {
    var limits = ParseLimits()
    limits.byteCount = 20
    #expect(
      parsed("jitgrad 1\n# 4567890123", limits: limits).diagnostics.map(\.message)
        == ["the file has 22 bytes; the limit is 20"])
    limits.byteCount = 1000
    limits.tokenCount = 12
    let many = parsed("jitgrad 1\nfunc f() -> (y) {\n y = a + b + c\n}", limits: limits)
    #expect(many.diagnostics.map(\.message).contains("the file has more than 12 words and signs"))
  }

  @Test func errorsAreCapped() throws {
    let result = body(String(repeating: "y = \n", count: 1000))
    #expect(result.diagnostics.count == 100)
    #expect(result.diagnostics.last?.notes.isEmpty == false)
    #expect(result.diagnostics.dropLast().allSatisfy { $0.notes.isEmpty })
  }

  @Test func suggestions() {
    let names = ["sum", "prod", "softplus", "log1p"]
    #expect(Suggestion.closest(to: "summ", in: names) == "sum")
    #expect(Suggestion.closest(to: "usm", in: names) == "sum")
    #expect(Suggestion.closest(to: "SoftPlus", in: names) == "softplus")
    #expect(Suggestion.closest(to: "conv", in: names) == nil)
    #expect(Suggestion.closest(to: "x", in: ["y"]) == nil)
    #expect(Suggestion.distance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    #expect(Suggestion.distance(Array("abcd".utf8), Array("abdc".utf8)) == 1)
    #expect(Suggestion.distance([], [1, 2]) == 2)
  }
}
