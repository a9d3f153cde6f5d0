// Calls of the runtime's functions of matrices, for the interpreter of loop programs: by the reference
// evaluation of the operation that they are of.
import Graph

/// A call for one matrix.
struct MatrixCall {
  let operation: any Operation
  let operands: [[Int]]
  let results: [(dtype: DType, shape: [Int])]

  /// `nil` for a function of something else.
  init?(_ function: String, _ dtype: DType, _ numbers: [Int]) {
    let name = function.split(separator: "_").dropFirst().dropLast().joined(separator: "_")
    let m = numbers.first ?? 0
    let n = numbers.count > 1 ? numbers[1] : m
    let k = min(m, n)
    operands =
      switch name {
      case "triangular_solve": [numbers[2] != 0 ? [m, m] : [n, n], [m, n]]
      default: [[m, n]]
      }
    switch name {
    case "cholesky":
      operation = Cholesky(orNaN: true)
      results = [(dtype, [m, m])]
    case "triangular_solve":
      operation = TriangularSolve(
        side: numbers[2] != 0 ? .left : .right, lower: numbers[3] != 0,
        transposed: numbers[4] != 0, unit: numbers[5] != 0,
        orNaN: true)
      results = [(dtype, [m, n])]
    case "lu":
      operation = LU()
      results = [(dtype, [m, n]), (.i64, [m])]
    case "qr":
      operation = QR()
      results = [(dtype, [m, k]), (dtype, [k, n])]
    case "eigh":
      operation = SymmetricEigen(orNaN: true)
      results = [(dtype, [m]), (dtype, [m, m])]
    case "svd":
      operation = SVD(orNaN: true)
      results = [(dtype, [m, k]), (dtype, [k]), (dtype, [k, n])]
    default: return nil
    }
  }
}
