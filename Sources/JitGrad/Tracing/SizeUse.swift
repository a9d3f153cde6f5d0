// Which sizes a value depends on, and whether what it is made of tells them. A value whose sizes others
// told, because they were evaluated together, is not the value that the tensor has alone: it is not kept.
import Autodiff
import Graph
import JIT

/// The sizes that a value depends on, and the extents of inputs beneath it.
struct SizeUse: Hashable {
  var symbols: Set<String> = []
  /// Extents that are no numbers, in the shapes of the inputs.
  var told: Set<DimExpr> = []

  mutating func formUnion(_ other: SizeUse) {
    if self == other { return }
    symbols.formUnion(other.symbols)
    told.formUnion(other.told)
  }
}

/// The size uses of the nodes of one evaluation.
struct SizeUses {
  private var uses: [ObjectIdentifier: SizeUse] = [:]
  private var extents: [DimExpr: Int] = [:]
  /// What inputs are not needed for.
  private let equations: SizeEquations
  private let given: [String: Int]
  private var solved: [SizeUse: [String: Int]?] = [:]

  init(_ equations: SizeEquations, given: [String: Int]) {
    self.equations = equations
    self.given = given
  }

  subscript(node: TraceNode) -> SizeUse { uses[ObjectIdentifier(node)] ?? SizeUse() }

  /// A value that was kept: its sizes are told.
  mutating func add(_ node: TraceNode, _ sizes: [String: Int]) {
    var use = SizeUse(symbols: Set(sizes.keys))
    for (name, size) in sizes {
      use.told.insert(.symbol(name))
      extents[.symbol(name)] = size
    }
    uses[ObjectIdentifier(node)] = use
  }

  mutating func add(input node: TraceNode, _ shape: [Int]) {
    var use = SizeUse()
    for (extent, found) in zip(node.types[0].shape, shape) where extent.constantValue == nil {
      use.symbols.formUnion(extent.symbols)
      use.told.insert(extent)
      extents[extent] = found
    }
    uses[ObjectIdentifier(node)] = use
  }

  /// An operation, whose operands were added before.
  mutating func add(_ node: TraceNode) {
    var use = SizeUse()
    for operand in node.operands {
      if let other = uses[ObjectIdentifier(operand.node)] { use.formUnion(other) }
    }
    if let primitive = node.primitive, primitive.function == nil {
      let operation = primitive.operation
      use.symbols.formUnion(operation.sizes.flatMap(\.symbols))
      for region in operation.regions { use.symbols.formUnion(region.graph.symbols) }
      // Rows of a number that the run tells, and states as many as fit, change no value.
      use.symbols.subtract([DimExpr.unknownName, Graph.checkpoints])
    }
    uses[ObjectIdentifier(node)] = use
  }

  /// The sizes that a value depends on; `nil` where what it is made of does not tell all of them.
  mutating func sizes(_ use: SizeUse) -> [String: Int]? {
    if let known = solved[use] { return known }
    var equations = equations
    for extent in use.told {
      if let found = extents[extent] { equations.add(extent, is: found) }
    }
    let all = equations.solved(given)
    let sizes = all.filter { use.symbols.contains($0.key) }
    let found = sizes.count == use.symbols.count ? sizes : nil
    solved[use] = .some(found)
    return found
  }
}
