// What makes two graphs the same computation: a canonical sequence of bytes, with a stable hash.
// Names of values, origins, and nodes that no output needs are left out; names of sizes, which are
// bound by name, are in. Nodes come in the order in which the outputs reach them, so the order in
// which a graph was built does not matter. Caches compare the bytes in full after the hash.

/// The structure of a graph.
package struct StructuralKey: Hashable, Sendable {
  package let bytes: [UInt8]
  /// FNV-1a of the bytes, the same in every process.
  package let stableHash: UInt64
  /// The operations that their attributes do not tell apart, here and in regions.
  private let operations: [Primitive]

  package init(_ graph: Graph) {
    var writer = KeyWriter()
    writer.bytes.reserveCapacity(16 * graph.nodes.count)
    var numbers = [Int32](repeating: -1, count: graph.types.count)
    var next: Int32 = 0
    var operations: [Primitive] = []
    func number(_ value: Value) {
      numbers[Int(value.index)] = next
      next += 1
    }
    for input in graph.inputs {
      writer.add(graph.type(of: input.value))
      number(input.value)
    }
    for index in graph.canonicalOrder() {
      let node = graph.nodes[index]
      switch node.primitive {
      // A function of elements has no parameters.
      case .elementwise(let function): writer.add(function.name)
      case .other(let box):
        let operation = box.operation
        writer.add(operation.name)
        for attribute in operation.attributes { writer.add(attribute) }
        if !operation.isToldByAttributes { operations.append(node.primitive) }
        if box.hasRegions { operations += operation.regions.flatMap(\.key.operations) }
      }
      for place in node.operandRange {
        let operand = graph.operandList[Int(place)]
        writer.add(UInt64(UInt32(bitPattern: numbers[Int(operand.index)])))
      }
      writer.bytes.append(0xff)
      for result in node.resultRange { number(Value(Int(result))) }
    }
    for output in graph.outputs {
      writer.add(UInt64(UInt32(bitPattern: numbers[Int(output.value.index)])))
    }
    for condition in graph.constraints {
      writer.add(condition.lhs)
      writer.add(condition.relation.rawValue)
      writer.add(condition.rhs)
    }
    self.operations = operations
    bytes = writer.bytes
    stableHash = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  package static func == (a: StructuralKey, b: StructuralKey) -> Bool {
    a.stableHash == b.stableHash && a.bytes == b.bytes
      && a.operations.elementsEqual(b.operations) { $0.isEqual(to: $1) }
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(stableHash) }
}

extension Graph {
  /// The live nodes, operands before uses, in the order in which a walk from the outputs over the
  /// operands, first to last, completes them.
  package func canonicalOrder() -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    // 0: not seen, 1: operands pending, 2: done.
    var state = [UInt8](repeating: 0, count: nodes.count)
    var stack: [Int] = []
    for output in outputs {
      guard let root = definingNode(of: output.value), state[root] == 0 else { continue }
      stack.append(root)
      while let node = stack.last {
        if state[node] == 0 {
          state[node] = 1
          for operand in operands(of: node).reversed() {
            if let inner = definingNode(of: operand), state[inner] == 0 { stack.append(inner) }
          }
        } else {
          stack.removeLast()
          if state[node] == 1 {
            state[node] = 2
            order.append(node)
          }
        }
      }
    }
    return order
  }
}

extension Graph: Equatable {
  /// The same computation under the same names: of the function, inputs, outputs, and values.
  public static func == (a: Graph, b: Graph) -> Bool {
    a.name == b.name && a.inputs.map(\.name) == b.inputs.map(\.name)
      && a.outputs.map(\.name) == b.outputs.map(\.name) && a.namesInOrder == b.namesInOrder
      && StructuralKey(a) == StructuralKey(b)
  }

  private var namesInOrder: [String?] {
    canonicalOrder().flatMap { results(of: nodes[$0]).map { names[$0] } }
  }
}

private struct KeyWriter {
  var bytes: [UInt8] = []

  mutating func add(_ number: UInt64) {
    var rest = number
    // Seven bits a byte: most numbers are small.
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 {
      add(UInt64($0.count))
      bytes.append(contentsOf: $0)
    }
  }

  mutating func add(_ e: DimExpr) {
    if let value = e.constantValue {
      bytes.append(0)
      add(UInt64(bitPattern: Int64(value)))
    } else {
      bytes.append(1)
      add(UInt64(bitPattern: Int64(e.constant)))
      add(UInt64(e.terms.count))
      for term in e.terms {
        add(UInt64(bitPattern: Int64(term.coefficient)))
        add(UInt64(term.atoms.count))
        for atom in term.atoms { add(atom) }
      }
    }
  }

  private mutating func add(_ atom: DimExpr.Atom) {
    switch atom {
    // A name may read like an expression.
    case .symbol(let name):
      bytes.append(2)
      add(name)
    case .index(let number):
      bytes.append(3)
      add(UInt64(number))
    case .overflow: bytes.append(4)
    case .floorDiv(let a, let b): add(5, a, b)
    case .mod(let a, let b): add(6, a, b)
    case .min(let a, let b): add(7, a, b)
    case .max(let a, let b): add(8, a, b)
    case .broadcast(let a, let b): add(9, a, b)
    }
  }

  private mutating func add(_ tag: UInt8, _ a: DimExpr, _ b: DimExpr) {
    bytes.append(tag)
    add(a)
    add(b)
  }

  mutating func add(_ list: [DimExpr]) {
    add(UInt64(list.count))
    for e in list { add(e) }
  }

  mutating func add(_ type: TensorType) {
    add(type.dtype.rawValue)
    add(type.shape)
  }

  mutating func add(_ attribute: Attribute) {
    add(attribute.name)
    switch attribute.value {
    case .dim(let e): add(e)
    case .dims(let list): add(list)
    case .dimLists(let lists):
      add(UInt64(lists.count))
      for list in lists { add(list) }
    case .flag(let flag): bytes.append(flag ? 1 : 0)
    case .dtype(let dtype): add(dtype.rawValue)
    case .word(let word): add(word)
    case .scalar(let scalar):
      add(scalar.dtype.rawValue)
      add(scalar.bits)
    case .tensor(let tensor):
      add(tensor.dtype.rawValue)
      add(tensor.shape.map { DimExpr($0) })
      bytes += tensor.bytes
    case .region(let region):
      add(UInt64(region.key.bytes.count))
      bytes += region.key.bytes
    }
  }
}
