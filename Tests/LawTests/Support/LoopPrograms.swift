// Programs with loops and branches as people write them, for the laws.
import Frontend
import Graph

enum LoopPrograms {
  /// A program with where its inputs are taken from, in order.
  private static let sources: [(text: String, ranges: [ClosedRange<Double>])] = [
    (
      """
      func power(x: f64, count: i64) -> (y: f64) {
        y = for i in 0..<count carry y = 1.0 { y * sin(x + y) }
      }
      """, [-1...1, -1...4]
    ),
    (
      """
      func newton(a: f64) -> (x: f64, steps: i64) {
        x, steps = counted while x = a where abs(x * x - a) > 1e-12 { x - (x * x - a) / (2 * x) }
      }
      """, [0.5...4]
    ),
    (
      """
      func recurrent(xs: f64[n, d], W: f64[d, d], h: f64[d]) -> (last: f64[d], all: f64[n, d]) {
        last, all = for x in xs carry h = h {
          z = tanh(W @ h + x)
          yield z * z
          z
        }
      }
      """, [-1...1, -1...1, -1...1]
    ),
    (
      """
      func backward(xs: f64[n, d], h: f64[d]) -> (last: f64[d], all: f64[n]) {
        last, all = reversed for i in 0..<n, x in xs carry h = h {
          yield sum(h) + f64(i)
          h * x + 0.5
        }
      }
      """, [-1...1, -1...1]
    ),
    (
      """
      func until(x: f64, most: f64) -> (y: f64, all: f64[6], steps: i64) {
        y, all, steps = counted while y = x where y < most limit 6 {
          yield y * most
          1.2 * y * y
        }
      }
      """, [1.05...1.4, 1.5...4]
    ),
    (
      """
      func nested(a: f64, p: f64[n]) -> (y: f64) {
        y = for q in p carry y = a {
          root = while x = y where abs(x * x - q) > 1e-13 { (x + q / x) * 0.5 }
          root + 0.3 * y
        }
      }
      """, [0.5...2, 1...3]
    ),
    (
      """
      func branches(a: f64[n], t: f64) -> (y: f64[n]) {
        y = for i in 0..<4 carry a = a {
          if sum(a) > t { sin(a) * 0.5 } else { b = for j in 0..<2 carry b = a { b * b + 1 }
            b * 0.7 }
        }
      }
      """, [-0.9...0.9, -0.5...0.5]
    ),
    (
      """
      func choice(x: f64[n], k: i64) -> (y: f64[n], z: f64) {
        y, z = switch k { case 0 { x * x, sum(x) } case 2 { exp(x), 1.0 } else { -x, prod(x) } }
      }
      """, [-1...1, -1...3]
    ),
    (
      """
      func safe(x: f64) -> (y: f64) { y = if x > 0.0 { sqrt(x) * log(x) } else { x * x } }
      """, [-1...1]
    ),
    (
      """
      func heat(u: f64[n], k: f64) -> (v: f64[n]) where n >= 2 {
        v = for _ in 0..<3 carry u = u {
          left = concatenate(u[:1], u[:-1])
          right = concatenate(u[1:], u[-1:])
          u + k * (left - 2 * u + right)
        }
      }
      """, [-1...1, 0.1...0.4]
    ),
    (
      """
      func rows(X: f64[n, d], w: f64[d]) -> (y: f64[n]) { y = for x in X { yield sum(x * w)^2 } }
      """, [-1...1, -1...1]
    ),
    (
      """
      func mixed(x: f64[n], y: f32) -> (a: f64[n], b: f32, c: i64) {
        a, b, c = for i in 0..<5 carry a = x, b = y, c = 7 { a * f64(b), b * f32(0.9) + f32(i), c + i * c }
      }
      """, [-1...1, 0.5...1]
    ),
    (
      """
      func last(x: f64[n]) -> (y: f64) {
        y = do y = 2.0 { sum(x * x) + y * 0.5 } while y > 0.3
      }
      """, [-0.1...0.1]
    ),
    (
      """
      func held(xs: f64[n, d], W: f64[d, d], h: f64[d]) -> (y: f64) {
        last = for x in xs carry h = h keep at most 3 { tanh(W @ h + x) }
        y = sum(last * last)
      }
      """, [-1...1, -1...1, -1...1]
    ),
    (
      """
      func every(x: f64, count: i64) -> (y: f64) {
        y = for i in 0..<count carry y = x limit 9 keep every 2 { sin(y) + 0.1 * f64(i) * x }
      }
      """, [-1...1, -1...9]
    ),
  ]

  static let all: [Subject] = (sources + DefinitionPrograms.sources).map { source in
    let file = GraphFile(SourceFile(name: "program", text: "jitgrad 1\n" + source.text))
    precondition(!file.hasErrors, DiagnosticRenderer().render(file.diagnostics, in: file.source))
    // The functions that it calls stand in front.
    let graph = file.graphs[file.graphs.count - 1]
    let operands = zip(graph.inputs, source.ranges).map { input, range in
      let type = graph.type(of: input.value)
      return Example.Operand(type.dtype, type.shape, in: range)
    }
    let isDouble = graph.outputs.allSatisfy { graph.type(of: $0.value).dtype != .f32 }
    return Subject(graph.name, graph, operands, tolerance: isDouble ? 1e-11 : 1e-6)
  }
}
