// The nodes under traced tensors: an immutable graph of operations on the heap, held by reference
// from uses to operands and by nothing else, so that what nobody can reach is freed. No registry
// knows them. Chains are freed without recursion, however long they are.
import Graph
import Synchronization

/// One result of a node.
struct TraceValue: Hashable, Sendable {
  let node: TraceNode
  let result: Int

  init(_ node: TraceNode, _ result: Int = 0) {
    self.node = node
    self.result = result
  }

  var type: TensorType { node.types[result] }

  static func == (a: TraceValue, b: TraceValue) -> Bool {
    a.node === b.node && a.result == b.result
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(node))
    hasher.combine(result)
  }
}

/// An application of an operation, or a leaf.
///
/// Everything a reader sees is set when the node is made; only what an evaluation has found, and who
/// may ask for the node again, change later, each behind a lock or an atomic of its own.
final class TraceNode: Sendable {
  enum Kind: Sendable {
    /// Bound by name when it is evaluated; a variable of a combinator where the name is `nil`.
    case input(String?)
    case value(Tensor)
    case operation(Primitive)
    /// What an operator could not do; it is thrown where a result is asked for.
    case failure(TraceError)
  }

  let kind: Kind
  let types: [TensorType]
  /// Changed by `deinit` alone, when nobody else can see the node.
  nonisolated(unsafe) private(set) var operands: [TraceValue]
  /// Nodes are numbered as they are made, so operands have smaller numbers than uses.
  let serial: UInt64
  /// Its value depends on inputs or sizes that are given when it is evaluated.
  let isSymbolic: Bool
  /// What checkpoints replaced that this node is made of.
  let replaced: Set<ReplacedNodes>
  /// What an evaluation has found.
  let kept = Mutex<KeptValues?>(nil)
  /// How many tensors of the user refer to the node; 0 where only other nodes do, so that nothing
  /// new can be built on it.
  let holders = Atomic<Int>(0)
  /// How often nodes read it that no evaluation has been through: these will ask for it.
  let readers = Atomic<Int>(0)
  /// An evaluation has been through the node.
  private let isDone = Atomic<Bool>(false)

  private static let serials = Atomic<UInt64>(0)

  init(
    _ kind: Kind, _ operands: [TraceValue], _ types: [TensorType], isSymbolic: Bool,
    replaced: Set<ReplacedNodes> = []
  ) {
    self.kind = kind
    self.operands = operands
    self.types = types
    self.isSymbolic = isSymbolic
    self.replaced = replaced
    serial = Self.serials.wrappingAdd(1, ordering: .relaxed).newValue
    for operand in operands { operand.node.readers.add(1, ordering: .relaxed) }
  }

  /// The node has been computed. It reads its operands no more, unless it is asked for again itself.
  func finish() {
    if isDone.exchange(true, ordering: .relaxed) { return }
    for operand in operands { operand.node.readers.subtract(1, ordering: .relaxed) }
  }

  /// A leaf.
  convenience init(_ kind: Kind, _ type: TensorType) {
    let isSymbolic = if case .input = kind { true } else { false }
    self.init(kind, [], [type], isSymbolic: isSymbolic)
  }

  deinit {
    if operands.isEmpty { return }
    var pending: [TraceNode] = []
    giveOperands(to: &pending)
    while var node = pending.popLast() {
      // The last reference: its operands go onto the list instead of onto the call stack.
      if isKnownUniquelyReferenced(&node) { node.giveOperands(to: &pending) }
    }
  }

  private func giveOperands(to pending: inout [TraceNode]) {
    finish()
    for operand in operands { pending.append(operand.node) }
    operands = []
  }

  var primitive: Primitive? {
    if case .operation(let primitive) = kind { primitive } else { nil }
  }

  /// The name of an input; `nil` for a variable of a combinator and all other nodes.
  var inputName: String? {
    if case .input(let name) = kind { name } else { nil }
  }

  /// A literal, which belongs to the structure of what reads it.
  var isLiteral: Bool { operands.isEmpty && primitive?.operation.literalValue != nil }
}

extension TraceNode {
  /// Everything under `roots`, operands before uses, in an order that depends on the structure alone.
  ///
  /// - Parameter isLeaf: nodes that are listed, but not what is under them.
  static func order(_ roots: [TraceNode], isLeaf: (TraceNode) -> Bool) -> [TraceNode] {
    var order: [TraceNode] = []
    var seen: Set<ObjectIdentifier> = []
    var stack: [(node: TraceNode, next: Int)] = []
    func visit(_ node: TraceNode) {
      guard seen.insert(ObjectIdentifier(node)).inserted else { return }
      if isLeaf(node) || node.operands.isEmpty {
        order.append(node)
      } else {
        stack.append((node, 0))
      }
    }
    for root in roots {
      visit(root)
      while let (node, next) = stack.last {
        if next < node.operands.count {
          stack[stack.count - 1].next = next + 1
          visit(node.operands[next].node)
        } else {
          order.append(node)
          stack.removeLast()
        }
      }
    }
    return order
  }
}

/// The nodes that a checkpoint put others in the place of, by their numbers. They are told by the
/// object: one stands on many nodes.
final class ReplacedNodes: Sendable, Hashable {
  let serials: Set<UInt64>

  init(_ nodes: [TraceNode]) { serials = Set(nodes.map(\.serial)) }

  static func == (a: ReplacedNodes, b: ReplacedNodes) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// What an evaluation has found for the results of a node.
struct KeptValues: Sendable {
  /// `nil` for a result that was not needed.
  var tensors: [Tensor?]
  /// Under which inputs and sizes; `nil` where the values depend on none.
  var binding: BindingRecord?
}

extension TracedTensor {
  /// The value, where it is data or was found by an evaluation and depends on no input.
  var knownValue: Tensor? {
    if case .value(let tensor) = node.kind { return tensor }
    guard let kept = node.kept.withLock({ $0 }), kept.binding == nil else { return nil }
    return kept.tensors[value.result]
  }
}

/// Something that cannot be built: the operands do not fit, a name is unknown.
///
/// Operators cannot throw; a tensor made of a failed one fails itself, and the first failure is thrown
/// where values, graphs or derivatives are asked for.
public struct TraceError: Error, Sendable, CustomStringConvertible {
  /// The operation that failed.
  public let operation: String
  /// What was needed and what was found.
  public let message: String
  /// Further facts, one a line.
  public let notes: [String]
  /// What to do about it.
  public let help: String?

  init(_ operation: String, _ message: String, notes: [String] = [], help: String? = nil) {
    self.operation = operation
    self.message = message
    self.notes = notes
    self.help = help
  }

  init(_ operation: String, _ error: any Error) {
    switch error {
    case let error as TraceError: self = error
    case let error as TypeRuleError:
      self.init(operation, error.message, notes: error.notes, help: error.help)
    default: self.init(operation, "\(error)")
    }
  }

  public var description: String {
    var text = message.hasPrefix(operation) ? message : "\(operation): \(message)"
    for note in notes { text += "\nnote: \(note)" }
    if let help { text += "\nhelp: \(help)" }
    return text
  }
}
