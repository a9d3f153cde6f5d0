// Which values of a function its reverse pass needs: results of the primal part that the derivative
// part reads. What costs nothing to have again (views, literals) counts as what it is made of.
import Graph

struct Residuals {
  /// Values with names or the operations that make them.
  private(set) var values: [(name: String, type: TensorType)] = []
  /// Bytes of all of them. Rows of which only the run tells how many there are have the symbol of their
  /// loop's steps.
  private(set) var byteCount: DimExpr = 0

  /// - Parameters:
  ///   - derivative: a graph whose first outputs are those of the primal.
  ///   - outputCount: how many those are.
  init(_ derivative: Graph, outputCount: Int) {
    var primal = derivative
    primal.keepOutputs(first: outputCount)
    let isPrimal = primal.liveNodes()
    let isLive = derivative.liveNodes()
    var seen: Set<Value> = []
    for (index, node) in derivative.nodes.enumerated() where isLive[index] && !isPrimal[index] {
      for operand in derivative.operands(of: node) {
        let value = derivative.origin(of: operand)
        guard let maker = derivative.definingNode(of: value), isPrimal[maker],
          !derivative.nodes[maker].operandRange.isEmpty, seen.insert(value).inserted
        else { continue }
        let type = derivative.type(of: value)
        values.append((derivative.names[value] ?? derivative.place(of: maker), type))
        let loop = derivative.nodes[maker]
        let name = derivative.results(of: loop).lazy.compactMap { derivative.names[$0] }.first
        let rows = type.isUnbounded ? DimExpr.steps(of: name, loop.origin) : 1
        let element = type.isUnbounded ? type.row : type
        byteCount = byteCount + rows * element.elementCount * DimExpr(type.dtype.byteCount)
      }
    }
  }
}

extension Graph {
  /// The value behind views.
  fileprivate func origin(of value: Value) -> Value {
    var value = value
    while let node = definingNode(of: value), let operand = operands(of: node).first,
      nodes[node].operation.isView
    {
      value = operand
    }
    return value
  }

  /// `sum, line 6`
  fileprivate func place(of node: Int) -> String {
    let line = nodes[node].origin.line
    return nodes[node].operation.name + (line > 0 ? ", line \(line)" : "")
  }

  fileprivate mutating func keepOutputs(first count: Int) {
    let builder = GraphBuilder(self)
    builder.setOutputs(Array(outputs.prefix(count)))
    self = builder.graph
  }
}

extension Operation {
  /// Only says where elements are.
  fileprivate var isView: Bool {
    self is Transpose || self is Reshape || self is Broadcast || self is Reverse || self is Slice
  }
}
