// The runtime's functions of arrays: sorting of rows and matrix products, against Swift's sort and
// against sums in the obvious order.
import JIT
import Testing
import runtime

@Suite struct SortTests {
  private typealias Sort<T> = (
    Int64, Int64, Int64, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<Int64>,
    UnsafeMutablePointer<Int64>
  ) -> Void

  /// Sorts a row of stride `stride` with `sort` and compares with a stable sort by `before`.
  private func check<T: Equatable>(
    _ row: [T], stride: Int, descending: Bool, _ before: (T, T) -> Bool, _ sort: Sort<T>
  ) {
    let n = row.count
    let x = row.flatMap { [T](repeating: $0, count: stride) }
    var values = x
    var indices = [Int64](repeating: -1, count: n * stride)
    var workspace = [Int64](repeating: -1, count: n)
    x.withUnsafeBufferPointer { x in
      values.withUnsafeMutableBufferPointer { values in
        indices.withUnsafeMutableBufferPointer { indices in
          workspace.withUnsafeMutableBufferPointer { workspace in
            guard let x = x.baseAddress, let values = values.baseAddress,
              let indices = indices.baseAddress, let workspace = workspace.baseAddress
            else { return }
            sort(Int64(n), Int64(stride), descending ? 1 : 0, x, values, indices, workspace)
          }
        }
      }
    }
    let expected = row.indices.sorted { i, j in
      before(row[i], row[j]) || (!before(row[j], row[i]) && i < j)
    }
    #expect((0..<n).map { Int(indices[$0 * stride]) } == expected)
    #expect(
      (0..<n).allSatisfy { k in
        values[k * stride] == row[expected[k]] || row[expected[k]] != row[expected[k]]
      })
    // What lies between the elements of a row belongs to other rows.
    #expect(indices.indices.allSatisfy { $0 % stride == 0 || indices[$0] == -1 })
  }

  @Test(arguments: [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 33, 64, 100, 1000])
  func everyDType(n: Int) {
    var generator = SplitMix(seed: UInt64(n))
    for (stride, descending) in [(1, false), (1, true), (3, false), (5, true)] {
      let whole = (0..<n).map { _ in Int64(generator.next() % 20) - 10 }
      let real = whole.map { $0 == 9 ? Double.nan : $0 == 8 ? -0.0 : Double($0) / 2 }
      func order<T: FloatingPoint>(_ a: T, _ b: T) -> Bool {
        if a.isNaN || b.isNaN { return !a.isNaN }
        return descending ? a > b : a < b
      }
      func strict<T: FloatingPoint>(_ a: T, _ b: T) -> Bool {
        a.isNaN && b.isNaN ? false : order(a, b)
      }
      check(real, stride: stride, descending: descending, strict) {
        runtimeSort("f64", $0, $1, $2, $3, $4, $5, $6)
      }
      check(real.map { Float($0) }, stride: stride, descending: descending, strict) {
        runtimeSort("f32", $0, $1, $2, $3, $4, $5, $6)
      }
      check(whole, stride: stride, descending: descending, descending ? (>) : (<)) {
        runtimeSort("i64", $0, $1, $2, $3, $4, $5, $6)
      }
      let narrow = whole.map { Int32($0) }
      check(narrow, stride: stride, descending: descending, descending ? (>) : (<)) {
        runtimeSort("i32", $0, $1, $2, $3, $4, $5, $6)
      }
      func logical(_ a: Bool, _ b: Bool) -> Bool { descending ? a && !b : b && !a }
      check(whole.map { $0 > 0 }, stride: stride, descending: descending, logical) {
        runtimeSort("bool", $0, $1, $2, $3, $4, $5, $6)
      }
    }
  }
}

private func runtimeSort(
  _ dtype: String, _ n: Int64, _ stride: Int64, _ descending: Int64, _ x: UnsafeRawPointer,
  _ values: UnsafeMutableRawPointer, _ indices: UnsafeMutablePointer<Int64>,
  _ workspace: UnsafeMutablePointer<Int64>
) {
  typealias C =
    @convention(c) (
      Int64, Int64, Int64, UnsafeRawPointer, UnsafeMutableRawPointer, UnsafeMutablePointer<Int64>,
      UnsafeMutablePointer<Int64>
    ) -> Void
  runtimeFunction("jg_sort_\(dtype)", as: C.self)(
    n, stride, descending, x, values, indices, workspace)
}

@Suite struct MatmulTests {
  /// A matrix in an array with some layout.
  private struct Matrix {
    var rows: Int
    var columns: Int
    var row: Int
    var column: Int
    var elements: [Double]

    init(_ rows: Int, _ columns: Int, _ layout: Layout, filling: () -> Double) {
      (self.rows, self.columns) = (rows, columns)
      switch layout {
      case .rowMajor: (row, column) = (columns, 1)
      case .columnMajor: (row, column) = (1, rows)
      case .padded: (row, column) = (columns + 3, 1)
      case .strided: (row, column) = (2 * columns + 1, 2)
      case .broadcast: (row, column) = (0, 1)
      }
      let count = Swift.max(1, rows) * row + Swift.max(1, columns) * column + 1
      elements = (0..<count).map { _ in filling() }
    }

    subscript(i: Int, j: Int) -> Double { elements[i * row + j * column] }
  }

  enum Layout: CaseIterable { case rowMajor, columnMajor, padded, strided, broadcast }

  static let extents = [
    (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (1, 1, 700), (1, 9, 80), (9, 1, 80), (300, 1, 1),
    (1, 300, 1), (2, 3, 4), (7, 5, 6), (20, 17, 13), (33, 2, 40), (2, 64, 64), (30, 40, 1),
    (4, 8, 3), (5, 11, 300), (3, 3, 20), (8, 3, 9), (36, 33, 40), (80, 1, 64), (1, 80, 64),
  ]

  /// Below the limits every element is summed in order, whatever the layouts: the same bits.
  @Test(arguments: [(4, 8, 31), (7, 13, 20), (1, 10, 60), (12, 1, 50), (2, 3, 100), (9, 2, 30)])
  func smallProductsSumInOrder(m: Int, n: Int, k: Int) {
    var generator = SplitMix(seed: 11)
    for x in [Layout.rowMajor, .columnMajor, .strided] {
      for y in [Layout.rowMajor, .columnMajor, .strided] {
        for z in [Layout.rowMajor, .columnMajor, .strided] {
          let a = Matrix(m, k, x) { generator.unit() }
          let b = Matrix(k, n, y) { generator.unit() }
          var c = Matrix(m, n, z) { .nan }
          jg_matmul_f64(
            Int64(m), Int64(n), Int64(k), a.elements, Int64(a.row), Int64(a.column), b.elements,
            Int64(b.row), Int64(b.column), &c.elements, Int64(c.row), Int64(c.column))
          for i in 0..<m {
            for j in 0..<n {
              var sum = 0.0
              for p in 0..<k { sum += a[i, p] * b[p, j] }
              #expect(c[i, j] == sum, "\(x) \(y) \(z): \(i) \(j)")
            }
          }
        }
      }
    }
  }

  @Test(arguments: extents) func everyLayout(m: Int, n: Int, k: Int) {
    var generator = SplitMix(seed: 7)
    for x in Layout.allCases {
      for y in Layout.allCases {
        for z in Layout.allCases where z != .broadcast {
          let a = Matrix(m, k, x) { generator.unit() }
          let b = Matrix(k, n, y) { generator.unit() }
          // NaN where nothing may be read, and a mark where nothing may be written.
          var c = Matrix(m, n, z) { .nan }
          jg_matmul_f64(
            Int64(m), Int64(n), Int64(k), a.elements, Int64(a.row), Int64(a.column), b.elements,
            Int64(b.row), Int64(b.column), &c.elements, Int64(c.row), Int64(c.column))
          expectProduct(c, a, b, tolerance: 1e-15)

          var single = [Float](repeating: .nan, count: c.elements.count)
          jg_matmul_f32(
            Int64(m), Int64(n), Int64(k), a.elements.map { Float($0) }, Int64(a.row),
            Int64(a.column), b.elements.map { Float($0) }, Int64(b.row), Int64(b.column), &single,
            Int64(c.row), Int64(c.column))
          c.elements = single.map { Double($0) }
          expectProduct(c, a, b, tolerance: 1e-6)
        }
      }
    }
  }

  /// |c − Σ a b| ≤ tolerance · k · max|a b|, everything outside of c still NaN.
  private func expectProduct(_ c: Matrix, _ a: Matrix, _ b: Matrix, tolerance: Double) {
    var untouched = c.elements
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        let sum = (0..<a.columns).reduce(0) { $0 + a[i, $1] * b[$1, j] }
        #expect(Swift.abs(c[i, j] - sum) <= tolerance * Double(a.columns), "\(i) \(j)")
        untouched[i * c.row + j * c.column] = .nan
      }
    }
    #expect(untouched.allSatisfy { $0.isNaN })
  }

  @Test(arguments: [3, 40]) func notANumberPropagates(n: Int) {
    var a = [Double](repeating: 0, count: n * n)
    var b = a
    var c = a
    a[n + 1] = .nan
    b[2] = .infinity
    let size = Int64(n)
    jg_matmul_f64(size, size, size, a, size, 1, b, size, 1, &c, size, 1)
    for i in 0..<n {
      for j in 0..<n { #expect(c[i * n + j].isNaN == (i == 1 || j == 2)) }
    }
  }

  @Test func batches() {
    var generator = SplitMix(seed: 3)
    let (batch, m, n, k) = (4, 3, 2, 5)
    let a = (0..<batch * m * k).map { _ in generator.unit() }
    let b = (0..<k * n).map { _ in generator.unit() }
    var c = [Double](repeating: .nan, count: batch * m * n)
    // b is the same matrix for all: a batch stride of 0.
    jg_matmul_batched_f64(
      Int64(batch), Int64(m), Int64(n), Int64(k), a, Int64(m * k), Int64(k), 1, b, 0, Int64(n), 1,
      &c, Int64(m * n), Int64(n), 1)
    for i in 0..<batch * m {
      for j in 0..<n {
        let sum = (0..<k).reduce(0) { $0 + a[i * k + $1] * b[$1 * n + j] }
        #expect(Swift.abs(c[i * n + j] - sum) < 1e-14)
      }
    }
  }

  @Test func theLibraryIsFoundOrSaidToBeMissing() {
    let state = jg_blas_load()
    #expect(state == JG_BLAS_LOADED || state == JG_BLAS_MISSING)
    #expect(jg_blas_status() == state)
    let text = String(cString: jg_blas_configuration())
    #expect(text.isEmpty == (state == JG_BLAS_MISSING))
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In −1 … 1.
  mutating func unit() -> Double { Double(Int64(bitPattern: next()) >> 11) * 0x1p-52 }
}
