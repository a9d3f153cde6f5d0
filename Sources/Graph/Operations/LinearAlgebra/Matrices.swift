// What operations on matrices share. A matrix is the last two axes of an array, a vector the last
// one; axes in front are batches of which every one is worked on by itself.

/// The parts of the shape of a batch of matrices.
struct MatrixShape {
  let batch: [DimExpr]
  let rows: DimExpr
  let columns: DimExpr

  /// - Throws: `TypeRuleError` for what is no float array of rank 2 or more.
  init(_ type: TensorType, for name: String) throws(TypeRuleError) {
    guard type.dtype.isFloat, type.rank >= 2 else {
      throw TypeRuleError(
        "\(name) needs a matrix of floats, or a batch of them, found \(type)",
        help: type.rank < 2
          ? "a matrix is the last two axes: reshape(x, shape=[n, 1])" : "convert it: f64(…)")
    }
    self.init(type)
  }

  init(_ type: TensorType) {
    batch = Array(type.shape.dropLast(2))
    rows = type.shape[type.rank - 2]
    columns = type.shape[type.rank - 1]
  }

  /// The extent of the square in the corner: the smaller one.
  var least: DimExpr { .min(rows, columns) }

  /// - Throws: `TypeRuleError` where rows and columns are known to differ.
  func checkSquare(_ name: String, _ type: TensorType) throws(TypeRuleError) {
    if Guard(rows, .equal, columns).decided == false {
      throw TypeRuleError("\(name) needs a square matrix, found \(type)")
    }
  }

  /// What the call must show where it is not known that the matrix is square.
  var squareGuards: [Guard] {
    let condition = Guard(rows, .equal, columns)
    return condition.decided == true ? [] : [condition]
  }
}

/// Why a decomposition by LAPACK has no result.
let lapackFailure =
  "the matrix holds a number that is not finite, or LAPACK did not converge or is not there"

// MARK: - For the compiler

extension Meaning {
  /// An argument of a function of the runtime that works on one matrix.
  enum MatrixArgument {
    case number(DimExpr)
    case flag(Bool)
    /// The whole of an operand or a result, but for the axes of the batch.
    case operand(Int)
    case result(Int)
    case room(DimExpr, DType)
  }

  /// One call for each member of the batch.
  static func matrices(
    _ function: String, _ operands: [TensorType], _ results: [TensorType],
    batch: [DimExpr], hasStatus: Bool = false, _ arguments: [MatrixArgument]
  ) -> Meaning {
    func start(_ type: TensorType) -> [DimExpr] {
      Comprehension.indices(batch.count)
        + [DimExpr](repeating: 0, count: type.rank - batch.count)
    }
    return .call(
      RowCall(
        domain: batch, function: function,
        arguments: arguments.map { argument in
          switch argument {
          case .number(let e): .integer(e)
          case .flag(let flag): .integer(flag ? 1 : 0)
          case .operand(let k): .operand(k, start(operands[k]))
          case .result(let k): .result(k, start(results[k]))
          case .room(let count, let dtype): .workspace(count, dtype)
          }
        }, hasStatus: hasStatus))
  }
}

// MARK: - For derivative rules

extension Term {
  private var rowAxis: Int { rank - 2 }
  private var columnAxis: Int { rank - 1 }

  /// The transposed matrix.
  var flipped: Term { moved(axis: columnAxis, to: rowAxis) }

  /// The matrix product, batch by batch.
  func times(_ other: Term) -> Term {
    let batch = Array(0..<rank - 2)
    return dot(other, contracting: ([columnAxis], [other.rowAxis]), batch: (batch, batch))
  }

  /// The matrix with zeros where the condition on row and column does not hold.
  private func kept(where condition: (_ row: Term, _ column: Term) -> Term) -> Term {
    let shape = [self.shape[rowAxis], self.shape[columnAxis]]
    let (row, column) = (
      builder.applying(Iota(shape: shape, axis: 0, dtype: .i64), []),
      builder.applying(Iota(shape: shape, axis: 1, dtype: .i64), [])
    )
    return choose(condition(row, column), self, 0)
  }

  /// The elements below the diagonal, and those on it.
  var lowerTriangle: Term { kept { apply(.greaterEqual, $0, $1) } }
  /// The elements above the diagonal, and those on it.
  var upperTriangle: Term { kept { apply(.lessEqual, $0, $1) } }
  var strictLowerTriangle: Term { kept { $0 > $1 } }
  var strictUpperTriangle: Term { kept { $0 < $1 } }
  /// The matrix with zeros off the diagonal.
  var diagonalPart: Term { kept { $0 == $1 } }
  /// The diagonal of a square matrix as a vector.
  var diagonalVector: Term { diagonalPart.sum(over: [columnAxis]) }

  /// The symmetric matrix that has this one's lower triangle.
  var symmetricFromLower: Term { lowerTriangle + strictLowerTriangle.flipped }

  /// The identity, as a batch of the shape of this square matrix.
  var identityLike: Term { literal(1).broadcast(to: shape).diagonalPart }

  /// Row i of the vector's matrix is scaled by its element i.
  func scalingRows(of matrix: Term) -> Term {
    inserted(extents: [matrix.shape[matrix.columnAxis]], at: rank) * matrix
  }

  /// Column j of the matrix is scaled by element j of the vector.
  func scalingColumns(of matrix: Term) -> Term {
    inserted(extents: [matrix.shape[matrix.rowAxis]], at: rank - 1) * matrix
  }

  /// `1 / (x[j] − x[i])` for a vector x, 0 on the diagonal, where no derivative goes.
  var inverseGaps: Term {
    let n = shape[rank - 1]
    let gaps = inserted(extents: [n], at: rank - 1) - inserted(extents: [n], at: rank)
    let identity = gaps.identityLike
    return (1 / (gaps.strictLowerTriangle + gaps.strictUpperTriangle + identity)) - identity
  }

  /// Rows and columns from and up to.
  func block(_ rows: IndexRange, _ columns: IndexRange) -> Term {
    slice(axis: rowAxis, from: rows.start, to: rows.stop)
      .slice(axis: columnAxis, from: columns.start, to: columns.stop)
  }

  /// This matrix with its corner at a place in a larger one of zeros.
  func placed(_ row: DimExpr, _ column: DimExpr, in shape: MatrixShape) -> Term {
    var low = [DimExpr](repeating: 0, count: rank)
    var high = low
    (low[rowAxis], low[columnAxis]) = (row, column)
    high[rowAxis] = shape.rows - row - self.shape[rowAxis]
    high[columnAxis] = shape.columns - column - self.shape[columnAxis]
    return padded(0, low: low, high: high)
  }

  /// The rows in the order of a permutation.
  func rows(at permutation: Term) -> Term {
    builder.applying(
      Gather(axes: [rowAxis], batch: rank - 2, mode: .clamp),
      [self, permutation.inserted(extents: [1], at: permutation.rank)])
  }
}

/// From an index up to another.
struct IndexRange {
  let start: DimExpr
  let stop: DimExpr

  init(_ start: DimExpr, _ stop: DimExpr) {
    self.start = start
    self.stop = stop
  }
}

// MARK: - For the reference evaluator

/// A matrix of doubles.
struct ReferenceMatrix {
  let rows: Int
  let columns: Int
  var elements: [Double]

  init(_ rows: Int, _ columns: Int, _ elements: [Double]) {
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  init(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> Double = { _, _ in 0 }) {
    self.init(
      rows, columns, (0..<rows * columns).map { element($0 / columns, $0 % columns) })
  }

  subscript(i: Int, j: Int) -> Double {
    get { elements[i * columns + j] }
    set { elements[i * columns + j] = newValue }
  }

  var flipped: ReferenceMatrix { ReferenceMatrix(columns, rows) { self[$1, $0] } }

  mutating func swapRows(_ i: Int, _ j: Int) {
    for k in 0..<columns where i != j {
      (self[i, k], self[j, k]) = (self[j, k], self[i, k])
    }
  }
}

extension ReferenceCall {
  /// The results of a function of one matrix each, for every member of the batch.
  ///
  /// - Parameters:
  ///   - failure: what is wrong where the body gives `nil`; `nil` for results of NaN then.
  /// - Throws: `ExecutionError.noResult`.
  func matrices(
    batchRank: Int, failure: String?, _ body: ([ReferenceMatrix]) -> [[Double]]?
  ) throws -> [Tensor] {
    let batch = operands[0].shape.prefix(batchRank).reduce(1, *)
    var made = [[Double]](repeating: [], count: results.count)
    for member in 0..<batch {
      let parts = operands.map { operand -> ReferenceMatrix in
        let shape = operand.shape.dropFirst(batchRank)
        let count = shape.reduce(1, *)
        return ReferenceMatrix(
          shape.first ?? 1, shape.count > 1 ? shape.last ?? 1 : 1,
          (0..<count).map { operand[member * count + $0].real })
      }
      if let results = body(parts) {
        for (k, part) in results.enumerated() { made[k] += part }
      } else if let failure {
        throw ExecutionError.noResult(reason: failure, operation: place)
      } else {
        for (k, result) in results.enumerated() {
          let count = result.shape.dropFirst(batchRank).reduce(1, *)
          made[k] += [Double](repeating: .nan, count: count)
        }
      }
    }
    return zip(made, results).map { values, result in
      result.dtype.isFloat
        ? Tensor(doubles: values, dtype: result.dtype, shape: result.shape)
        : Tensor(integers: values.map { Int64($0) }, dtype: result.dtype, shape: result.shape)
    }
  }
}
