// An operation as a graph holds it. Long programs are made of functions of elements, so those are
// held by their row of the table alone: one word to copy, and compared by identity.

/// An operation with its parameters, cheap to copy and to compare.
package enum Primitive: Sendable {
  /// `Elementwise` of a function.
  case elementwise(ScalarFunction)
  case other(OperationBox)

  package init(_ operation: some Operation) {
    if let function = operation.scalarFunction {
      self = .elementwise(function)
    } else {
      self = .other(OperationBox(operation))
    }
  }

  package var operation: any Operation {
    switch self {
    case .elementwise(let function): Elementwise(function)
    case .other(let box): box.operation
    }
  }

  /// The function, for an operation that applies one to every element.
  package var function: ScalarFunction? {
    if case .elementwise(let function) = self { function } else { nil }
  }

  /// Applies this function to every element.
  package func applies(_ wanted: ScalarFunction) -> Bool {
    if case .elementwise(let function) = self { function === wanted } else { false }
  }

  /// Is evaluated in Swift, or runs a graph in which something is.
  package var runsOnHost: Bool {
    if case .other(let box) = self { box.runsOnHost } else { false }
  }

  /// May never end, or end the whole call; here or in a graph inside.
  package var mayNotReturn: Bool {
    guard case .other(let box) = self else { return false }
    return box.operation.failure != nil || (box.operation as? Loop)?.isEndless == true
      || box.operation.regions.contains { $0.graph.nodes.contains(where: \.primitive.mayNotReturn) }
  }

  func isEqual(to other: Primitive) -> Bool {
    switch (self, other) {
    case (.elementwise(let a), .elementwise(let b)): a === b
    case (.other(let a), .other(let b)):
      a === b || a.hash == b.hash && a.operation.isEqual(to: b.operation)
    case (.elementwise, .other), (.other, .elementwise): false
    }
  }

  /// Equal for equal primitives, in this process.
  package var processHash: UInt64 {
    switch self {
    case .elementwise(let function): return UInt64(UInt(bitPattern: ObjectIdentifier(function)))
    case .other(let box): return UInt64(UInt(bitPattern: box.hash))
    }
  }
}

/// An operation on the heap.
package final class OperationBox: Sendable {
  package let operation: any Operation
  /// Equal for equal operations, in this process.
  let hash: Int
  let hasRegions: Bool
  let isComposed: Bool
  let runsOnHost: Bool

  init(_ operation: some Operation) {
    self.operation = operation
    hash = operation.hashValue
    let regions = operation.regions
    hasRegions = !regions.isEmpty
    isComposed = operation.isComposed
    runsOnHost =
      operation.runsOnHost
      || regions.contains { $0.graph.nodes.contains(where: \.primitive.runsOnHost) }
  }
}
