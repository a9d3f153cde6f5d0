// Factorizations and solutions of matrices: that factors multiply back, for all shapes on one compiled
// kernel, small ones by our loops and large ones by the library; and data that have no result.
import Autodiff
import Frontend
import Graph
import JIT
import Testing

@Suite struct LinearAlgebraTests {
  private func graph(_ text: String) throws -> Graph {
    let file = GraphFile(SourceFile(name: "f.jg", text: "jitgrad 1\n" + text))
    try #require(
      !file.hasErrors, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    return file.graphs[0]
  }

  /// Numbers in −1 … 1 that differ from each other, with more on the diagonal.
  private func matrix(_ rows: Int, _ columns: Int, diagonal: Double = 0) -> Tensor {
    var state: UInt64 = 7
    let values = (0..<rows * columns).map { k -> Double in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let number = Double(state >> 11) / Double(1 << 52) - 1
      return number + (k / columns == k % columns ? diagonal : 0)
    }
    return Tensor(values, shape: [rows, columns])
  }

  private func largest(_ tensor: Tensor) -> Double { tensor.doubles.map(abs).max() ?? 0 }

  static let shapes = [
    [5, 3], [3, 5], [4, 4], [1, 1], [1, 4], [4, 1], [0, 3], [3, 0], [90, 60], [60, 90], [70, 70],
  ]

  @Test func factorsMultiplyBack() throws {
    let engine = Engine()
    let kernel = try engine.compile(
      graph(
        """
        func f(A: f64[m, n]) -> (qr: f64[m, n], q: f64, lu: f64[m, n], svd: f64[m, n], u: f64) {
          Q, R = qr(A)
          qr = A - Q @ R
          q = sum(abs(transpose(Q) @ Q - diag(diagonal(Q)*0 + 1)))
          L, U, p = lu(A)
          lu = take(A, p, axis=0) - L @ U
          W, s, Vt = svd(A)
          svd = A - W * s @ Vt
          u = sum(abs(transpose(W) @ W - diag(s*0 + 1))) + sum(abs(Vt @ transpose(Vt) - diag(s*0 + 1)))
        }
        """))
    for shape in Self.shapes {
      let results = try kernel([matrix(shape[0], shape[1])])
      for (k, result) in results.enumerated() {
        #expect(largest(result) < 1e-10, "\(shape), result \(k): \(largest(result))")
      }
    }
    #expect(engine.counters.compiles == 1)
  }

  @Test func squareMatrices() throws {
    let engine = Engine()
    let kernel = try engine.compile(
      graph(
        """
        func f(A: f64[n, n], b: f64[n]) -> (
          x: f64[n], xt: f64[n], inv: f64[n, n], chol: f64[n, n], eig: f64[n, n], log: f64
        ) {
          x = A @ solve(A, b) - b
          xt = transpose(A) @ solve(A, b, transposed=true) - b
          inv = inverse(A) @ A - diag(b*0 + 1)
          S = A @ transpose(A) + diag(b*0 + 1)
          L = cholesky(S)
          chol = (L @ transpose(L) - S) / n
          w, V = eigh(S)
          eig = (V * w @ transpose(V) - S) / n
          sign, magnitude = slogdet(S)
          log = (magnitude - sum(log(w)) + sign - 1) / n
        }
        """))
    for n in [1, 2, 5, 40, 80] {
      let b = Tensor((0..<n).map { Double($0) - 1.5 }, shape: [n])
      for (k, result) in try kernel([matrix(n, n, diagonal: 3), b]).enumerated() {
        #expect(largest(result) < 1e-9, "\(n), result \(k): \(largest(result))")
      }
    }
    #expect(engine.counters.compiles == 1)
  }

  /// d log |det A| / dA = A⁻ᵀ, and Σ s of the singular values has the gradient U·Vᵀ.
  @Test func gradientsOfLargeMatrices() throws {
    let engine = Engine()
    let kernel = try engine.compile(
      graph(
        """
        func f(A: f64[n, n]) -> (d: f64) { _, d = slogdet(A) }
        """
      ).derivative(.gradient))
    let nuclear = try engine.compile(
      graph(
        """
        func f(A: f64[m, n]) -> (s: f64) { s = sum(svdvals(A)) }
        """
      ).derivative(.gradient))
    let products = try engine.compile(
      graph("func f(G: f64[m, n], A: f64[m, n]) -> (y: f64[n, n]) { y = transpose(G) @ A }"))
    for n in [1, 4, 60] {
      let a = matrix(n, n, diagonal: 4)
      let identity = try products([kernel([a])[1], a])[0].doubles
      for (k, value) in identity.enumerated() {
        #expect(abs(value - (k / n == k % n ? 1 : 0)) < 1e-9)
      }
    }
    for shape in [[5, 3], [70, 50]] {
      // (U·Vᵀ)ᵀ·A has the trace Σ s, and U·Vᵀ has orthonormal columns.
      let a = matrix(shape[0], shape[1])
      let results = try nuclear([a])
      let inner = try products([results[1], a])[0].doubles
      let trace = (0..<shape[1]).reduce(0) { $0 + inner[$1 * shape[1] + $1] }
      #expect(abs(trace - results[0].doubles[0]) < 1e-9 * Double(shape[0]))
      let square = try products([results[1], results[1]])[0].doubles
      for (k, value) in square.enumerated() {
        #expect(abs(value - (k / shape[1] == k % shape[1] ? 1 : 0)) < 1e-9)
      }
    }
  }

  // MARK: - No result

  @Test(arguments: ["cholesky(A)", "inverse(A)", "triangular_solve(A, A)", "diag(svdvals(A))"])
  func withoutResultTheCallEndsWithAnError(_ call: String) throws {
    let text = "func f(A: f64[n, n]) -> (y: f64[n, n]) {\n  y = \(call)\n}"
    let kernel = try Engine().compile(graph(text))
    let bad: [Double] =
      switch call {
      case "cholesky(A)": [1, 2, 2, 1]
      case "inverse(A)": [1, 2, 2, 4]
      case "triangular_solve(A, A)": [0, 2, 2, 4]
      default: [.nan, 2, 2, 4]
      }
    let matrix = Tensor(bad, shape: [2, 2])
    let error = try #require(throws: ExecutionError.self) { try kernel([matrix]) }
    #expect(error.loop.line == 3, "\(error)")
    #expect("\(error)".contains("has no result: the matrix"), "\(error)")
    let reference = #expect(throws: ExecutionError.self) {
      try ReferenceEvaluator.run(graph(text), inputs: [matrix], sizes: ["n": 2])
    }
    #expect(reference?.message.contains("has no result: the matrix") == true)
    // The kernel is as good as before.
    #expect(
      try kernel([Tensor([2.0, 0.5, 0.5, 1], shape: [2, 2])])[0].doubles.allSatisfy(\.isFinite))
  }

  @Test func onRequestItIsNotANumber() throws {
    let kernel = try Engine().compile(
      graph("func f(A: f64[b, n, n]) -> (y: f64[b, n, n]) { y = cholesky(A, or_nan=true) }"))
    let pair = Tensor([1.0, 2, 2, 1, 4, 0, 0, 9], shape: [2, 2, 2])
    let found = try kernel([pair])[0].doubles
    #expect(found[..<4].allSatisfy(\.isNaN) && found[4...] == [2, 0, 0, 3])
  }

  /// What is the same in every step moves in front of a loop, unless it may end the call.
  @Test func loopsWithoutStepsDoNotFail() throws {
    let kernel = try Engine().compile(
      graph(
        """
        func f(A: f64[n, n], k: i64) -> (y: f64) {
          y = for _ in 0..<k carry y = 0.0 { y + sum(cholesky(A)) }
        }
        """))
    let bad = Tensor([1.0, 2, 2, 1], shape: [2, 2])
    #expect(try kernel([bad, Tensor(Int64(0))])[0].doubles == [0])
    #expect(throws: ExecutionError.self) { try kernel([bad, Tensor(Int64(1))]) }
  }
}
