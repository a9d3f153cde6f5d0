// `jit-grad info`: what a function consists of and what it costs, as formulas of the sizes.
import ArgumentParser
import Autodiff
import Frontend
import Graph
import JIT
import Lowering

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Count operations, work and memory of a function.",
    discussion: """
      Work is counted in the loops that are compiled: one for each float operation or function of \
      libm, 2mnk for a matrix product; bytes are what loops read and write, caches ignored; \
      steps(y, line 4) stands for the steps of a loop that only the run tells. \
      Residuals are the values of the function that its reverse pass needs; peak bytes are \
      workspace and outputs; rows of loops come on top where only the run tells how many there will \
      be. Of loops it says what the way back keeps, and how often it does a step again; where nothing \
      tells how many steps there are, at 1000 and at 1000000. With --bind and -i the formulas get \
      numbers, with --checkpoint also the states that fit into --max-memory. With --grad everything \
      is about the derivative.
      """)

  @OptionGroup var file: FileOptions
  @OptionGroup var inputs: InputOptions
  @OptionGroup var derivative: OptionalDerivativeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let (primal, names) = try file.function(distinct: derivative.derivative.distinct)
    let graph = try derivative.applied(to: primal, names)
    let given = try inputs.given(names)
    let sizes = try BoundInputs.knownSizes(of: graph, given, bind: inputs.boundSizes())
    let known = try BoundInputs.knownTensors(of: primal, given)
    let report = try report(graph, primal, names, sizes, known)
    if json {
      try Console.outRaw(report.text() + "\n")
    } else {
      try Console.out(Self.human(report))
    }
  }

  private func report(
    _ graph: Graph, _ primal: Graph, _ names: InterfaceNames, _ given: [String: Int],
    _ known: [Tensor?]
  ) throws -> JSON {
    let simplified = try graph.simplified()
    let program = lower(simplified, .jit)
    let cost = ProgramCost(program)
    let sizes = withCheckpoints(given, graph, program)
    warnOfMemory(primal, names, graph, program, sizes)
    func formula(_ e: DimExpr) -> JSON {
      let value = try? e.evaluate { sizes[$0] }
      return .object([
        .init("formula", .string(e.description)), .init("value", value.map(JSON.integer) ?? .null),
      ])
    }
    func types(_ values: [(name: String, type: TensorType)]) -> JSON {
      .object(values.map { .init($0.name, .string($0.type.description)) })
    }
    let outputBytes = graph.outputs.reduce(0 as DimExpr) {
      let type = graph.type(of: $1.value)
      return $0 + type.elementCount * DimExpr(type.dtype.byteCount)
    }
    var members: [JSON.Member] = [
      .init("function", .string(graph.name)),
      .init("inputs", types(graph.inputs.map { ($0.name, graph.type(of: $0.value)) })),
      .init("outputs", types(graph.outputs.map { ($0.name, graph.type(of: $0.value)) })),
      .init(
        "sizes",
        .object(
          program.symbols.map { symbol in
            .init(symbol, sizes[symbol].map(JSON.integer) ?? .null)
          })),
      .init("nodes", .integer(graph.pruned().nodes.count)),
      .init("nodes_simplified", .integer(simplified.nodes.count)),
      .init("operations", .object(Self.histogram(simplified))),
      .init(
        "loop_nests", .integer(program.body.count { if case .loop = $0 { true } else { false } })),
      .init("flops", formula(cost.operations)),
      .init("bytes", formula(cost.bytesRead + cost.bytesWritten)),
      .init("bytes_read", formula(cost.bytesRead)),
      .init("bytes_written", formula(cost.bytesWritten)),
    ]
    if !cost.calls.isEmpty {
      members.append(
        .init("calls", .object(cost.calls.map { .init($0.function, formula($0.count)) })))
    }
    members += [
      .init("workspace_bytes", formula(program.workspaceByteCount)),
      .init("output_bytes", formula(outputBytes)),
      .init("peak_bytes", formula(program.workspaceByteCount + outputBytes)),
    ]
    let rows = GrowingRows.all(in: program)
    if !rows.isEmpty {
      members.append(
        .init(
          "growing_rows",
          .array(
            rows.map {
              .object([
                .init("line", $0.line.map(JSON.integer) ?? .null),
                .init("bytes_each_step", formula($0.byteCount)),
              ])
            })))
    }
    let planned = derivative.derivative.checkpoint ? try primal.checkpointed() : primal
    let loops = LoopReport.loops(in: planned) { planned.number($0, known, sizes) }
    if !loops.isEmpty { members.append(.init("loops", .array(loops.map { $0.json(sizes) }))) }
    if let kept = try residuals(primal, names) {
      members += [
        .init(
          "residuals",
          .array(
            kept.values.map { value in
              .object([
                .init("name", .string(value.name)), .init("type", .string(value.type.description)),
              ])
            })),
        .init("residual_bytes", formula(kept.byteCount)),
      ]
    }
    return .object(members)
  }

  /// The sizes with the number of states that a call would keep, where that is left to the call and
  /// the others are known.
  private func withCheckpoints(
    _ sizes: [String: Int], _ graph: Graph, _ program: LoopProgram
  ) -> [String: Int] {
    guard graph.leavesCheckpointsOpen, sizes[Graph.checkpoints] == nil else { return sizes }
    let byteCount = graph.callByteCount(program)
    func bytes(keeping states: Int) -> Int? {
      try? byteCount.evaluate { $0 == Graph.checkpoints ? states : sizes[$0] }
    }
    guard bytes(keeping: 1) != nil else { return sizes }
    let states = Graph.checkpoints(
      memoryLimit: inputs.memoryLimit, hasStacks: program.stackCount > 0, bytes)
    return sizes.merging([Graph.checkpoints: states]) { $1 }
  }

  /// Says so where a call with these sizes would be refused.
  private func warnOfMemory(
    _ primal: Graph, _ names: InterfaceNames, _ graph: Graph, _ program: LoopProgram,
    _ sizes: [String: Int]
  ) {
    let limit = inputs.memoryLimit
    guard let needed = try? graph.callByteCount(program).evaluate({ sizes[$0] }), needed > limit
    else { return }
    let advice = MemoryAdvice(
      primal: primal, names: names, derivative: derivative.grad ? derivative.derivative : nil,
      limit: limit)
    Console.tagged(.warning, "a call \(BindingError.memory(needed: needed, limit: limit))")
    Console.tagged(.help, advice.help(needed: needed, sizes))
  }

  /// What a reverse pass keeps; `nil` for functions that have none.
  private func residuals(_ primal: Graph, _ names: InterfaceNames) throws -> Residuals? {
    let mode = derivative.derivative.mode
    guard mode != .jvp else { return nil }
    do {
      let graph = try derivative.derivative.derivative(of: primal, names, mode: .vjp).simplified()
      return Residuals(graph, outputCount: primal.outputs.count)
    } catch is DerivativeRequestError where !derivative.grad {
      return nil
    } catch is DerivativeError where !derivative.grad {
      return nil
    }
  }

  /// Operations by kind, the most frequent first.
  private static func histogram(_ graph: Graph) -> [JSON.Member] {
    var counts: [String: Int] = [:]
    for node in graph.nodes { counts[node.operation.name, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { .init($0.key, .integer($0.value)) }
  }

  /// The report in lines.
  private static func human(_ report: JSON) -> String {
    guard case .object(let members) = report else { return "" }
    let width = (members.map(\.name.count).max() ?? 0) + 2
    return members.map { member in
      let space = String(repeating: " ", count: width - member.name.count)
      let name = String(member.name.map { $0 == "_" ? " " : $0 })
      return name + space + line(member.value) + "\n"
    }.joined()
  }

  private static func line(_ value: JSON) -> String {
    switch value {
    case .object(let members):
      if case .string(let formula)? = value["formula"] {
        guard let number = value["value"]?.double, number.description != formula else {
          return formula
        }
        let text = Int(exactly: number).map(String.init) ?? "\(number)"
        return text == formula ? formula : "\(formula) = \(text)"
      }
      if members.isEmpty { return "none" }
      if case .string(let name)? = value["name"], case .string(let type)? = value["type"] {
        return "\(name): \(type)"
      }
      return members.map { member in
        let name = String(member.name.map { $0 == "_" ? " " : $0 })
        return switch member.value {
        case .null: name
        case .integer(let k): "\(name) \(k)"
        case .string(let text): "\(name): \(text)"
        default: "\(name) \(line(member.value))"
        }
      }.joined(separator: ", ")
    case .array(let items):
      return items.isEmpty ? "none" : items.map(line).joined(separator: "; ")
    case .string(let text): return text
    case .integer(let k): return String(k)
    case .number(let x): return OutputText.digits(x)
    default: return value.text()
    }
  }
}
