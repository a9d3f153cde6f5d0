// Finds the operation that made the first NaN: one whose result has a NaN though no operand has. Loops and
// conditionals are looked into, also where no NaN comes out of them.
// Literals are named only where nothing else explains a NaN in an output.
import Frontend
import Graph

struct NaNSearch {
  private let graph: Graph
  private let inputs: [Tensor]
  private let sizes: [String: Int]
  private let stepLimit: Int?
  private var hasNaN: [Bool]
  /// The first node that made one, with the position of its first NaN.
  private var maker: (node: Int, position: Int, shape: [Int])?
  /// What made one in a region of an earlier node, whether it came out or not.
  private var inner: Finding?
  private var literal: Int?
  /// What was computed before the maker.
  private var values: [Value: Tensor] = [:]

  /// - Parameter stepLimit: so many steps each run of a loop may make whose steps nothing else limits.
  init(_ graph: Graph, _ inputs: [Tensor], sizes: [String: Int], stepLimit: Int?) {
    self.graph = graph
    self.inputs = inputs
    self.sizes = sizes
    self.stepLimit = stepLimit
    hasNaN = [Bool](repeating: false, count: graph.types.count)
    for (input, tensor) in zip(graph.inputs, inputs) {
      hasNaN[Int(input.value.index)] = tensor.firstNaN != nil
      values[input.value] = tensor
    }
  }

  /// Looks at the results of a node; nodes come in order.
  mutating func visit(_ index: Int, _ results: [Tensor]) {
    if maker != nil || inner != nil { return }
    let node = graph.nodes[index]
    inner = inside(index)
    if inner != nil { return }
    let isTainted = graph.operands(of: node).contains { hasNaN[Int($0.index)] }
    for (value, tensor) in zip(graph.results(of: node), results) {
      values[value] = tensor
      guard let position = tensor.firstNaN else { continue }
      hasNaN[Int(value.index)] = true
      if isTainted || maker != nil { continue }
      if node.operandRange.isEmpty {
        literal = literal ?? index
      } else {
        maker = (index, position, tensor.shape)
      }
    }
  }

  /// What is to be said, if there is anything.
  func finding(outputs: [Tensor]) -> Finding? {
    if let made { return made }
    guard outputs.contains(where: { $0.firstNaN != nil }) else { return nil }
    for (input, tensor) in zip(graph.inputs, inputs) {
      if let position = tensor.firstNaN {
        let place = Comparison.index(position, tensor.shape)
        return Finding(
          message: "the input \(input.name) has a NaN at \(place), and no operation made another",
          notes: [], origin: .none)
      }
    }
    return literal.map {
      Finding(
        message: "a literal is NaN, and no operation made another", notes: [],
        origin: graph.nodes[$0].origin)
    }
  }

  /// What an operation made.
  private var made: Finding? {
    inner ?? maker.map { finding($0.node, $0.position, $0.shape) }
  }

  private func finding(_ index: Int, _ position: Int, _ shape: [Int]) -> Finding {
    let node = graph.nodes[index]
    let value = graph.results(of: node)[0]
    let name = graph.names[value].map { " (\($0))" } ?? ""
    let notes = graph.operands(of: node).compactMap { operand -> String? in
      guard let tensor = values[operand], tensor.shape == shape || tensor.count == 1 else {
        return nil
      }
      let element = tensor[tensor.count == 1 ? 0 : position]
      let name =
        graph.names[operand]
        ?? graph.operation(defining: operand).map { "the result of \($0.name)" } ?? "an operand"
      return "\(name) is \(element) there"
    }
    let place = shape.isEmpty ? "" : " at \(Comparison.index(position, shape))"
    return Finding(
      message:
        "\(node.operation.name)\(name) made the first NaN\(place), from operands without one",
      notes: notes, origin: node.origin)
  }

  /// What made one in a region of the node: in the first run that was given none and has one.
  private func inside(_ index: Int) -> Finding? {
    let node = graph.nodes[index]
    guard node.hasRegions, let alone = try? graph.isolated(index) else { return nil }
    // An operand that is read twice is one input.
    var seen: Set<Value> = []
    let operands = graph.operands(of: node).filter { seen.insert($0).inserted }
    let given = operands.compactMap { values[$0] }
    guard given.count == operands.count else { return nil }
    var found: Finding?
    _ = try? ReferenceEvaluator.run(
      alone, inputs: given, sizes: sizes, stepLimit: stepLimit,
      enter: { region, inputs in
        if found != nil || inputs.contains(where: { $0.firstNaN != nil }) { return }
        var search = NaNSearch(region, inputs, sizes: sizes, stepLimit: stepLimit)
        _ = try? ReferenceEvaluator.run(
          region, inputs: inputs, sizes: sizes, stepLimit: stepLimit
        ) { search.visit($0, $1) }
        found = search.made
        if node.operation is Loop, let step = inputs.first {
          let line = node.origin.line > 0 ? " of line \(node.origin.line)" : ""
          found?.notes.append("this is step \(step[0]) of the loop\(line), counted from 0")
        }
      })
    return found
  }

  struct Finding {
    var message: String
    var notes: [String]
    var origin: Origin

    /// Prints it on stderr, with the source line if there is one.
    func show(in source: SourceFile) {
      if let offset = source.offset(of: origin) {
        let diagnostic = Diagnostic(
          message, at: SourceSpan(offset, offset + 1), notes: notes)
        Console.raw(DiagnosticRenderer(Console.style).render(diagnostic, in: source))
      } else {
        Console.tagged(.error, message)
        for note in notes { Console.tagged(.note, note) }
      }
    }
  }
}

extension Tensor {
  /// The row-major position of the first NaN.
  var firstNaN: Int? {
    switch dtype {
    case .f64: withElements(of: Double.self) { $0.firstIndex(where: \.isNaN) }
    case .f32: withElements(of: Float.self) { $0.firstIndex(where: \.isNaN) }
    case .i64, .i32, .bool: nil
    }
  }
}

extension SourceFile {
  /// The byte offset of a line and column.
  func offset(of origin: Origin) -> Int? {
    guard origin.line > 0 else { return nil }
    let line = lineSpan(Int(origin.line))
    var offset = line.start
    for _ in 1..<max(1, Int(origin.column)) where offset < line.end {
      offset += character(at: offset).byteCount
    }
    return offset
  }
}
