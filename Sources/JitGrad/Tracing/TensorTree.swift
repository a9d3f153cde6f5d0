// Structures of tensors: what a function takes and gives. One visitor says which tensors there are and
// what they are called; flattening, naming and rebuilding are made of it.

/// A structure that is made of tensors, such as the parameters of a model.
///
///     struct Model: TensorTree {
///       var weights: TracedTensor
///       var bias: TracedTensor
///
///       mutating func visit(_ visitor: inout TensorVisitor) {
///         visitor.visit(&weights, "weights")
///         visitor.visit(&bias, "bias")
///       }
///     }
///
/// Arrays, optionals and dictionaries of trees are trees. The path to a leaf is its name:
/// `layers.0.weights`.
public protocol TensorTree {
  /// Visits every tensor, always in the same order.
  mutating func visit(_ visitor: inout TensorVisitor)
}

/// Goes through the tensors of a tree; each may be replaced.
public struct TensorVisitor {
  private var path: String
  private let body: (inout TracedTensor, String) -> Void

  init(_ path: String, _ body: @escaping (inout TracedTensor, String) -> Void) {
    self.path = path
    self.body = body
  }

  /// Visits a part.
  /// - Parameters:
  ///   - part: a property.
  ///   - name: as the property is called; an empty one adds nothing to the path.
  public mutating func visit(_ part: inout some TensorTree, _ name: String) {
    let saved = path
    if !name.isEmpty { path = path.isEmpty ? name : "\(path).\(name)" }
    part.visit(&self)
    path = saved
  }

  fileprivate mutating func leaf(_ tensor: inout TracedTensor) { body(&tensor, path) }
}

extension TracedTensor: TensorTree {
  /// Visits the tensor itself.
  public mutating func visit(_ visitor: inout TensorVisitor) { visitor.leaf(&self) }
}

extension Array: TensorTree where Element: TensorTree {
  public mutating func visit(_ visitor: inout TensorVisitor) {
    for k in indices { visitor.visit(&self[k], String(k)) }
  }
}

extension Optional: TensorTree where Wrapped: TensorTree {
  public mutating func visit(_ visitor: inout TensorVisitor) {
    if var wrapped = self {
      visitor.visit(&wrapped, "")
      self = wrapped
    }
  }
}

extension Dictionary: TensorTree where Key == String, Value: TensorTree {
  public mutating func visit(_ visitor: inout TensorVisitor) {
    for key in keys.sorted() {
      if var value = self[key] {
        visitor.visit(&value, key)
        self[key] = value
      }
    }
  }
}

/// A tree without tensors, for functions that give nothing.
public struct NoTensors: TensorTree, Sendable {
  /// No tensors.
  public init() {}
  /// Visits nothing.
  public mutating func visit(_ visitor: inout TensorVisitor) {}
}

/// Two trees as one.
public struct TensorPair<First: TensorTree, Second: TensorTree>: TensorTree {
  /// The first tree, whose paths begin with 0.
  public var first: First
  /// The second tree, whose paths begin with 1.
  public var second: Second

  /// A pair of trees.
  public init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  /// Visits the first, then the second.
  public mutating func visit(_ visitor: inout TensorVisitor) {
    visitor.visit(&first, "0")
    visitor.visit(&second, "1")
  }
}

extension TensorTree {
  /// The tensors, each with the path to it, in the order of the visit.
  public var leaves: [(path: String, tensor: TracedTensor)] {
    let list = Box<[(path: String, tensor: TracedTensor)]>([])
    var copy = self
    var visitor = TensorVisitor("") { tensor, path in list.value.append((path, tensor)) }
    copy.visit(&visitor)
    return list.value
  }

  /// The tree with every tensor replaced.
  public func mapTensors(
    _ transform: (TracedTensor, _ path: String) throws -> TracedTensor
  ) rethrows -> Self {
    let changed = try leaves.map { try transform($0.tensor, $0.path) }
    return replacing(changed)
  }

  /// The tree with other tensors, in the order of the visit.
  func replacing(_ tensors: [TracedTensor]) -> Self {
    let rest = Box(tensors[...])
    var copy = self
    var visitor = TensorVisitor("") { tensor, _ in
      if let next = rest.value.popFirst() { tensor = next }
    }
    copy.visit(&visitor)
    return copy
  }

  /// The tree with each pair of tensors replaced by one, as a step of a descent does:
  /// `model.combined(with: gradient) { $0 - rate * $1 }`.
  /// - Returns: failed tensors where the trees have others.
  public func combined(
    with other: Self, _ combine: (TracedTensor, TracedTensor) throws -> TracedTensor
  ) rethrows -> Self {
    if let change = change(to: other) {
      let failed = TracedTensor.failure(
        TraceError("combined", "needs two trees of the same tensors; in the second, \(change)"))
      return mapTensors { _, _ in failed }
    }
    return replacing(try zip(leaves, other.leaves).map { try combine($0.tensor, $1.tensor) })
  }

  /// Which tensors another tree has and this one has not, and the other way round, by their paths;
  /// `nil` where there are none.
  func change(to other: some TensorTree) -> String? {
    let (mine, others) = (leaves.map(\.path), other.leaves.map(\.path))
    if mine == others { return nil }
    let (known, found) = (Set(mine), Set(others))
    let changes =
      mine.filter { !found.contains($0) }.map { "\($0.isEmpty ? "it" : $0) is missing" }
      + others.filter { !known.contains($0) }.map { "\($0.isEmpty ? "one" : $0) is added" }
    return changes.isEmpty
      ? "\(others.joined(separator: ", ")) stand for \(mine.joined(separator: ", "))"
      : changes.joined(separator: ", ")
  }
}

/// A variable that closures share.
private final class Box<Content> {
  var value: Content
  init(_ value: Content) { self.value = value }
}
