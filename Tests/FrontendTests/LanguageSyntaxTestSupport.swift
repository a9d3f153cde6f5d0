// Short ways to parse and show text, for the tests of the graph language's syntax.

import Frontend

/// Parses text as the file `t.jg`.
func parsed(_ text: String, limits: ParseLimits = .init()) -> ParseResult {
  SyntaxTree.parse(SourceFile(name: "t.jg", text: text), limits: limits)
}

/// Parses statements as the body of a function.
func body(_ statements: String) -> ParseResult {
  parsed("jitgrad 1\nfunc f() -> (y) {\n\(statements)\n}\n")
}

/// The rendered messages for some statements, which begin in line 3 of `t.jg`.
func messages(_ statements: String) -> String {
  rendered("jitgrad 1\nfunc f() -> (y) {\n\(statements)\n}\n")
}

func rendered(_ text: String) -> String {
  let source = SourceFile(name: "t.jg", text: text)
  return DiagnosticRenderer().render(SyntaxTree.parse(source).diagnostics, in: source)
}

/// How an expression was understood: operators before their operands, all parentheses written.
func shape(_ expression: String) -> String {
  let result = body("y = \(expression)")
  guard result.diagnostics.isEmpty, let statement = result.tree.functions[0].body.statements.first
  else { return "error" }
  return shape(of: statement.value, in: result.tree)
}

func shape(of id: ExprID, in tree: SyntaxTree) -> String {
  func show(_ id: ExprID?) -> String { id.map { shape(of: $0, in: tree) } ?? "_" }
  switch tree[id].kind {
  case .invalid: return "?"
  case .integer(let value): return "\(value)"
  case .float(let value): return "\(value)"
  case .bool(let value): return "\(value)"
  case .string(let text): return tree[text].debugDescription
  case .name(let name): return tree[name]
  case .unary(let unary, let x): return "(\(unary.spelling) \(show(x)))"
  case .binary(let binary, let x, let y): return "(\(binary.spelling) \(show(x)) \(show(y)))"
  case .call(let callee, let arguments):
    let parts = tree[arguments].map { ($0.name.map { tree[$0] + "=" } ?? "") + show($0.value) }
    return "\(tree[callee])(\(parts.joined(separator: " ")))"
  case .array(let elements): return "[\(tree[elements].map(show).joined(separator: " "))]"
  case .subscript(let base, let items):
    let parts = tree[items].map { item in
      switch item.kind {
      case .index(let x): show(x)
      case .slice(let x, let y, let z): "\(show(x)):\(show(y)):\(show(z))"
      case .ellipsis: "..."
      }
    }
    return "\(show(base))[\(parts.joined(separator: " "))]"
  case .loop, .choice, .solution, .custom: return "{ \(tree.text(of: id)) }"
  case .unknownExtent: return "?"
  }
}

/// A small generator with a seed (splitmix64), so that failures can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A file that uses everything the language has.
let everything = """
  # Header comment
    # another

  jitgrad 1 # version
  # about ridge

  # Ridge regression; n and d are bound at the call.
  func ridge(w: f64[d], X: f64[n, 2*d+1], # the table
    y: f64[n//2 % 3], lambda: f64) -> (loss: f64, g) where n >= 1,
   d == 2*k, n <= max(k, 3 - -1) { # after brace

    residual = X @ w - y   #trailing


    # own line
    loss: f64 = (sum(residual^2)) / n + lambda * (sum(w^2))
    a, b : i64[n] = top(x, k=3, axes=[0, 1],  # first
       # own in list
       name="he said \\"hi\\"\\n") ; c = -x^2; d = (-x)^2; e = 2^-x^(y*z); f = a - (b - c) - d
    g = (a < b) & (c >= d) | !(e == f)
    h = x[1:, :, k, -1, ::2, a+1:b*2:s, ..., 0][0]
    i = [[1, 2, 3], [4, 0x1F, -7]] << 2 >> 1
    j = `weird näme!` + grad.w + jvp.out.0 + `while`
    k = -9223372036854775808 + -0.0 + 1e-3 + 0x1.8p3 - -inf + -nan + (-2)[0] + -2^2 + -(2)
    l = f32(2) * convert(x, to=f32) % 2 // 3 * true != false +
        1   # after continuing
    m = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb * cccccccccccccccc + ddddddd
    n = concatenate(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbb * ccccccc, axis=0)
    o = [1.0000000001, 1.0000000001, 1.0000000001, 1.0000000001, 1.0000000001, 1.0000000001, 2.5]
    p = (a + # inner
       f(x, # deep
         y # deeper
       )) - [ # in array
       1]
    # last
  } # after close

  func control(limit: f64[n]) -> (y) {
    a, _ = counted while x:f64 = limit[0] , k=0 # in the header
      where x*x>2 limit 3 { # after brace
      # own

      t: f64[?, 2], u = f(x) ; v = (-t) # behind v

      yield t,
        u
      v , k+1 # last line
      # end of block
    }
    b = reversed for i in 1..<n-1, r in limit, q in x carry s = 0 where { z = s; z < 1 } { s+r }
    c = scan r in limit limit 3 { }
    d = (do x=1 { x+1 } while x<3) + counted + reversed
    e = if a<b { (a) } else if c { b, if d { 1 } else { 2 } } else { # in else
      switch k { case 0 { a } # behind case
        # own in switch
        case -0x3 { b = 2; c = 1
          c } else { for j in 0..< where true { yield j } } }
    }
    f = f(if c { a } else { b }, g[if c { 1 } else { 2 }:], -(for r in x { yield r }))[0]
    aaaaaaaaaaaaaaaaaaaaaaaaaaaa = while bbbbbbbbbbbbbbbbbbbbbbbbbbb = ccccccccccccccccccccccc where ddddddddddd { e }
  }

  func empty() -> (y: f64) { }
  # eof

  """

/// `everything` in the canonical layout.
let formattedEverything = """
  # Header comment
  # another

  jitgrad 1  # version

  # about ridge

  # Ridge regression; n and d are bound at the call.
  func ridge(
    w: f64[d],
    X: f64[n, 2*d + 1],  # the table
    y: f64[n // 2 % 3],
    lambda: f64
  ) -> (loss: f64, g) where n >= 1, d == 2*k, n <= max(k, 3 - -1) {  # after brace
    residual = X @ w - y  #trailing

    # own line
    loss: f64 = sum(residual^2) / n + lambda * sum(w^2)
    a, b: i64[n] = top(
      x,
      k=3,
      axes=[0, 1],  # first
      # own in list
      name="he said \\"hi\\"\\n"
    )
    c = -x^2
    d = (-x)^2
    e = 2^-x^(y * z)
    f = a - (b - c) - d
    g = a < b & c >= d | !(e == f)
    h = x[1:, :, k, -1, ::2, a+1:b*2:s, ..., 0][0]
    i = [[1, 2, 3], [4, 0x1F, -7]] << 2 >> 1
    j = `weird näme!` + grad.w + jvp.out.0 + `while`
    k = -9223372036854775808 + -0.0 + 1e-3 + 0x1.8p3 - -inf + -nan + (-2)[0] + -2^2 + -(2)
    l = f32(2) * convert(x, to=f32) % 2 // 3 * true != false + 1  # after continuing
    m = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb * cccccccccccccccc + ddddddd
    n = concatenate(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbb * ccccccc, axis=0)
    o = [1.0000000001, 1.0000000001, 1.0000000001, 1.0000000001, 1.0000000001, 1.0000000001, 2.5]
    # inner
    p = a +
      f(
        x,  # deep
        y  # deeper
      ) -
      [
        # in array
        1
      ]
    # last
  }  # after close

  func control(limit: f64[n]) -> (y) {
    # in the header
    a, _ = counted while x: f64 = limit[0], k = 0 where x * x > 2 limit 3 {  # after brace
      # own

      t: f64[?, 2], u = f(x)
      v = -t  # behind v

      yield t, u
      v, k + 1  # last line
      # end of block
    }
    b = reversed for i in 1..<n-1, r in limit, q in x carry s = 0
        where {
          z = s
          z < 1
        } { s + r }
    c = scan r in limit limit 3 { }
    d = (do x = 1 { x + 1 } while x < 3) + counted + reversed
    e = if a < b {
      a
    } else if c {
      b, if d { 1 } else { 2 }
    } else {  # in else
      switch k {
        case 0 { a }  # behind case
        # own in switch
        case -3 {
          b = 2
          c = 1
          c
        }
        else { for j in 0..< where true { yield j } }
      }
    }
    f = f(if c { a } else { b }, g[if c { 1 } else { 2 }:], -(for r in x { yield r }))[0]
    aaaaaaaaaaaaaaaaaaaaaaaaaaaa = while bbbbbbbbbbbbbbbbbbbbbbbbbbb = ccccccccccccccccccccccc
        where ddddddddddd { e }
  }

  func empty() -> (y: f64) {
  }

  # eof

  """
