// The value that users hold: one result of a node. Copying it copies a reference; operators make new
// nodes and change none.
import Graph
import Synchronization

/// A tensor that remembers how it is computed.
///
///     let x = TracedTensor([1.0, 2.0, 3.0])
///     let loss = (x * x).sum()
///     let gradient = try loss.grad(wrt: x).eval(engine)
///
/// Nothing is computed until `eval`, a compiled graph, or a test of convergence asks for it. A traced
/// tensor has no value that Swift could branch on: comparisons give traced tensors of dtype bool, and
/// `if` does not take them. Use `branch`, `TracedTensor.select` or `eval` instead.
///
/// Tensors are immutable and may be used from any task. What is no longer reachable is freed.
public struct TracedTensor: Sendable {
  private let handle: TraceHandle

  init(_ value: TraceValue) { handle = TraceHandle(value) }
  init(_ node: TraceNode) { handle = TraceHandle(TraceValue(node)) }

  var value: TraceValue { handle.value }
  var node: TraceNode { handle.value.node }

  /// A tensor of given elements. They are data: other elements do not make another program.
  public init(_ tensor: Tensor) {
    self.init(TraceNode(.value(tensor), TensorType(tensor.dtype, tensor.shape.map { DimExpr($0) })))
  }

  /// A vector of given elements.
  public init<T: TensorElement>(_ elements: [T]) {
    self.init(Tensor(elements, shape: [elements.count]))
  }

  /// A scalar. It is data, as all elements are: `x * TracedTensor(rate)` does not compile again for
  /// another rate, where `x * 0.1` has the number in its program.
  public init<T: TensorElement>(_ element: T) { self.init(Tensor(element)) }

  /// An input that is bound by name when the tensor is evaluated or the graph called.
  ///
  /// - Parameters:
  ///   - name: as in the graph; inputs of one name are one input.
  ///   - dtype: of the elements.
  ///   - shape: extents; numbers, sizes by name (`"n"`), or expressions of sizes.
  public static func input(
    _ name: String, _ dtype: DType = .f64, _ shape: [DimExpr] = []
  ) -> TracedTensor {
    TracedTensor(TraceNode(.input(name), TensorType(dtype, shape)))
  }

  /// A number in the program itself; a failed tensor where the dtype has no such number. Floats round.
  public static func literal(_ value: Double, _ dtype: DType = .f64) -> TracedTensor {
    do {
      return TracedTensor(TraceNode.literal(try Scalar(number: value, dtype)))
    } catch {
      return failure(error, TensorType(dtype))
    }
  }

  /// A size as a number, of dtype i64 unless told.
  public static func size(_ size: DimExpr, _ dtype: DType = .i64) -> TracedTensor {
    apply(Extent(extent: size, dtype: dtype), [])
  }

  /// Dtype and extents.
  public var type: TensorType { value.type }
  /// The type of the elements.
  public var dtype: DType { type.dtype }
  /// Extents, outermost first; empty for a scalar.
  public var shape: [DimExpr] { type.shape }
  /// The number of axes.
  public var rank: Int { type.rank }

  /// Why the tensor could not be built; `nil` where it could.
  public var failure: TraceError? {
    if case .failure(let error) = node.kind { error } else { nil }
  }

  /// The same numbers as a constant for derivatives: nothing flows through it.
  public var detached: TracedTensor { Self.apply(.stopGradient, [self]) }

  /// How many operations the tensor is made of, each counted once; inputs and data do not count.
  public var nodeCount: Int {
    TraceNode.order([node]) { _ in false }.count { $0.primitive != nil && !$0.isLiteral }
  }
}

extension TracedTensor: CustomStringConvertible {
  /// The type, and what made it: `f64[n] by exp`.
  public var description: String {
    switch node.kind {
    case .input(let name): "\(type) \(name ?? "variable")"
    case .value: "\(type) value"
    case .operation(let primitive): "\(type) by \(primitive.operation.name)"
    case .failure(let error): "failed: \(error.message)"
    }
  }
}

/// What a tensor of the user holds on to a node. Nodes hold each other without one, so a node knows
/// whether something new can still be built on it.
private final class TraceHandle: Sendable {
  let value: TraceValue

  init(_ value: TraceValue) {
    self.value = value
    _ = value.node.holders.wrappingAdd(1, ordering: .relaxed)
  }

  deinit { _ = value.node.holders.wrappingSubtract(1, ordering: .relaxed) }
}
