// What the builders of a graph and of the regions inside it share: buffers, variables, and what is
// known of them. Numbers count for the whole program, depths within one graph.
import Graph

/// A program that is being made.
final class GrowingProgram {
  var buffers: [Buffer] = []
  private(set) var locals: [Local] = []
  /// The depth at which a local is defined: how many loops of its graph are around it. What comes
  /// from outside a region has depth 0 there, and has it here: control flow stands in no nest.
  private(set) var localDepths: [Int] = []
  /// The same for index variables.
  private(set) var indexDepths: [Int] = []
  var indexNames: [Int: String] = [:]
  /// The largest value of an index variable, where it is known.
  var indexLimits: [Int: DimExpr] = [:]
  private(set) var stoppers: [Note] = []
  /// Whether scalars that a loop keeps lie together, those of a step one behind the other: one row to
  /// write and to read instead of many, which is quicker, and less easy to read.
  let keepsStepsTogether: Bool
  private var stackCount = 0

  init(keepsStepsTogether: Bool = false) { self.keepsStepsTogether = keepsStepsTogether }

  func newBuffer(_ name: String, _ type: TensorType, _ storage: Buffer.Storage) -> Int {
    buffers.append(Buffer(name: name, dtype: type.dtype, shape: type.shape, storage: storage))
    return buffers.count - 1
  }

  /// Memory for a value: of the workspace, or a stack where its height is unknown.
  func newBuffer(_ name: String, _ type: TensorType) -> Int {
    if type.isUnbounded {
      stackCount += 1
      return newBuffer(name, type, .stack(stackCount - 1))
    }
    return newBuffer(name, type, .workspace(byteOffset: 0))
  }

  func newLocal(_ dtype: DType, name: String?, depth: Int) -> Int {
    locals.append(Local(dtype: dtype, name: name))
    localDepths.append(depth)
    return locals.count - 1
  }

  func newIndex(depth: Int, name: String? = nil, limit: DimExpr? = nil) -> Int {
    indexDepths.append(depth)
    let index = indexDepths.count - 1
    if let name { indexNames[index] = name }
    if let limit { indexLimits[index] = limit }
    return index
  }

  func checked(_ loop: Note) -> Int {
    stoppers.append(loop)
    return stoppers.count - 1
  }
}

/// Where an array lies: a buffer, or a row of one.
struct Place {
  let buffer: Int
  /// The offset of its first element.
  var base: DimExpr = 0
  let shape: [DimExpr]
  /// From an element of a vector to the next, where others lie between them.
  var stride: DimExpr?

  /// The row-major offset of an element in its buffer.
  func offset(_ indices: [DimExpr]) -> DimExpr {
    let inside = offsetInside(indices)
    return base.isZero ? inside : base + inside
  }

  /// The offset of an element from the first one.
  func offsetInside(_ indices: [DimExpr]) -> DimExpr {
    if let stride { return indices[0] * stride }
    var offset: DimExpr = 0
    for (axis, index) in indices.enumerated() { offset = offset * shape[axis] + index }
    return offset.joined
  }

  /// A row along the first axis.
  func row(_ index: DimExpr) -> Place {
    let shape = Array(shape.dropFirst())
    return Place(
      buffer: buffer, base: base + index * (stride ?? shape.reduce(1, *)), shape: shape)
  }
}
