// Tensors that are defined by an equation, as in the graph language: their derivative follows from the
// equation (the implicit function theorem), and nothing is kept of how the solution was found.
import Frontend
import Graph

/// `x`, as a solution of `equation` = 0.
///
///     let (found, _) = whileLoop(a, while: { abs($0 * $0 - a) > 1e-15 * a }) { ($0 + a / $0) / 2 }
///     let x = root(found) { x in x * x - a }
///
/// - Parameters:
///   - x: the solution, a float tensor of any shape; nothing of its own derivative is used.
///   - equation: as many residuals as unknowns, of the type of `x`. What it reads from outside are the
///     parameters: ∂x/∂p = −(∂F/∂x)⁻¹ ∂F/∂p. For n unknowns the derivative makes a matrix of n × n and
///     eliminates; where that is singular it holds ∞ or NaN.
/// - Returns: `x`, with derivatives of any order; a failed tensor where types do not fit.
public func root(
  _ x: TracedTensor, of equation: (_ x: TracedTensor) throws -> TracedTensor
) rethrows -> TracedTensor {
  try solution("root", x, of: equation) { Root(residual: $0) }
}

/// `x`, as a fixed point of `map`: x = map(x). As `root` of x − map(x).
public func fixedPoint(
  _ x: TracedTensor, of map: (_ x: TracedTensor) throws -> TracedTensor
) rethrows -> TracedTensor {
  try solution("fixedPoint", x, of: { try $0 - map($0) }) { Root(residual: $0) }
}

/// `x`, as a place where `loss` is least: ∂loss/∂x = 0. As `root` of the gradient.
/// - Parameters:
///   - x: the place, a float tensor of any shape.
///   - loss: a scalar of the dtype of `x`.
public func argmin(
  _ x: TracedTensor, of loss: (_ x: TracedTensor) throws -> TracedTensor
) rethrows -> TracedTensor {
  func slope(_ x: TracedTensor) throws -> TracedTensor {
    let loss = try loss(x)
    do {
      return try loss.grad(wrt: x)
    } catch {
      return .failure(TraceError("argmin", error), x.type)
    }
  }
  return try solution("argmin", x, of: slope) { Root(residual: $0) }
}

/// The solution v of A v = b, computed, for a linear map A.
///
///     let w = linearSolve(matmul(xt, y)) { w in matmul(xt, matmul(x, w)) + k * w }
///
/// The matrix of the map is made by applying it to all directions, and eliminated with pivoting: n
/// applications and n³ steps for n unknowns. Where it is singular the result holds ∞ or NaN.
///
/// - Parameters:
///   - b: a float tensor of any shape.
///   - map: A v, of the type of `b`; it may read anything from outside.
/// - Returns: a tensor of the type of `b`; a failed one where the map is not linear.
public func linearSolve(
  _ b: TracedTensor, of map: (_ v: TracedTensor) throws -> TracedTensor
) rethrows -> TracedTensor {
  try solution("linearSolve", b, of: map) { region in
    let solve = LinearSolve(map: region)
    _ = try solve.resultTypes(of: region.inputTypes)
    if let obstacle = Linearity.obstacle(of: region) {
      throw TraceError(
        "linearSolve", obstacle.message(region.graph.inputs[0].name),
        help: obstacle == .unseen
          ? "if it is linear, find the solution in another way, and use root"
          : "for other equations use root")
    }
    return solve
  }
}

/// An operation on a start and on what a closure of the unknown captures.
private func solution(
  _ name: String, _ start: TracedTensor, of body: (TracedTensor) throws -> TracedTensor,
  operation: (Region) throws -> any Operation
) rethrows -> TracedTensor {
  let since = TraceNode.nextSerial()
  let unknown = TracedTensor(TraceNode(.input(nil), start.type))
  let made = try body(unknown)
  return RegionTrace.combined(name, 1) {
    if let failure = start.failure { throw failure }
    guard start.dtype.isFloat else {
      throw TraceError(
        name, "\(name) is of floats, found \(start.type)", help: "convert it: x.converted(to: .f64)"
      )
    }
    let inside = try RegionTrace([made], [unknown], since: since)
    let captured = RegionTrace.captured([inside])
    let region = try inside.region(name, names: ["x"], captured: captured)
    return (try operation(region), [start.value] + captured, RegionTrace.replaced([inside]))
  }[0]
}
