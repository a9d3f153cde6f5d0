// Loops and conditionals as loop programs and as machine code: what is compiled, what the interpreter
// runs, and the reference agree, and shipped C does (PortableCTests compiles the same programs).
import Autodiff
import CEmit
import Frontend
import Graph
import JIT
import Testing

@testable import Lowering

@Suite struct LoopLoweringTests {
  @Test(arguments: ControlPrograms.all) func agrees(_ program: ControlPrograms.Program) throws {
    let graph = try program.graph()
    for sizes in program.sizes {
      for arguments in program.arguments(sizes) {
        try Self.expectAgreement(graph, arguments, sizes, program.name)
      }
    }
  }

  /// The same with nothing simplified before.
  @Test(arguments: ControlPrograms.all) func agreesUnsimplified(
    _ program: ControlPrograms.Program
  ) throws {
    let graph = try program.graph()
    let loops = lower(graph, .portable)
    for sizes in program.sizes {
      for arguments in program.arguments(sizes) {
        let expected = try ReferenceEvaluator.run(graph, inputs: arguments, sizes: sizes)
        let found = try Interpreter.run(loops, arguments, sizes)
        let text = difference(
          found, from: expected, names: graph.outputs.map(\.name), tolerance: 1e-12)
        #expect(text == nil, "\(program.name), \(sizes): \(text ?? "")\n\(loops.text)")
      }
    }
  }

  @Test(arguments: ControlPrograms.all.filter(\.isDifferentiable)) func gradientsAgree(
    _ program: ControlPrograms.Program
  ) throws {
    let graph = try program.graph()
    for kind in [DerivativeMode.vjp, .jvp] {
      let derived = try graph.derivative(kind)
      for sizes in program.sizes {
        for arguments in program.arguments(sizes) {
          var random = RandomSource(seed: 3)
          let more = try derived.inputs.dropFirst(arguments.count).map {
            try Tensor.random(derived.type(of: $0.value), sizes, &random)
          }
          try Self.expectAgreement(derived, arguments + more, sizes, "\(kind) of \(program.name)")
        }
      }
    }
  }

  /// Tangents of what is compiled against differences of what is compiled.
  @Test(arguments: ControlPrograms.all.filter(\.isDifferentiable)) func tangentsAreDifferences(
    _ program: ControlPrograms.Program
  ) throws {
    let graph = try program.graph()
    let (function, tangent) = (
      try Engine().compile(graph), try Engine().compile(graph.derivative(.jvp))
    )
    let varying = tangent.outputs.enumerated().filter { $0.element.name.hasPrefix("jvp.") }
    for sizes in program.sizes {
      for arguments in program.arguments(sizes) {
        if arguments.contains(where: { $0.dtype == .f32 }) { continue }
        var random = RandomSource(seed: 5)
        let floats = arguments.indices.filter { arguments[$0].dtype == .f64 }
        let directions = try floats.map {
          try Tensor.random(graph.type(of: graph.inputs[$0].value), sizes, &random)
        }
        func values(_ h: Double) throws -> [Tensor] {
          var moved = arguments
          for (k, direction) in zip(floats, directions) {
            moved[k] = moved[k].moved(by: h, along: direction)
          }
          return try function(moved, sizes: sizes)
        }
        let h = 1e-6
        let (up, down) = (try values(h), try values(-h))
        let found = try tangent(arguments + directions, sizes: sizes)
        for (place, output) in varying {
          let name = output.name.dropFirst("jvp.".count)
          guard let k = graph.outputs.firstIndex(where: { $0.name == name }) else { continue }
          for (j, value) in found[place].doubles.enumerated() {
            let difference = (up[k].doubles[j] - down[k].doubles[j]) / (2 * h)
            #expect(
              abs(value - difference) <= 1e-6 * (1 + abs(value)),
              "\(program.name), \(name)[\(j)], \(sizes): \(value), difference \(difference)")
          }
        }
      }
    }
  }

  static func expectAgreement(
    _ graph: Graph, _ arguments: [Tensor], _ sizes: Sizes, _ name: String
  ) throws {
    let names = graph.outputs.map(\.name)
    let expected = try ReferenceEvaluator.run(graph, inputs: arguments, sizes: sizes)
    let simple = try graph.simplified()
    for options in [LoweringOptions.portable, .jit] {
      let loops = lower(simple, options)
      let found = try Interpreter.run(loops, arguments, sizes)
      let text = difference(found, from: expected, names: names, tolerance: 1e-11)
      #expect(text == nil, "loops of \(name), \(sizes): \(text ?? "")\n\(loops.text)")
      let parts = loops.split(localLimit: 3).withMemoryPlan()
      let inParts = try Interpreter.run(parts, arguments, sizes)
      let other = difference(inParts, from: expected, names: names, tolerance: 1e-11)
      #expect(other == nil, "parts of \(name), \(sizes): \(other ?? "")\n\(parts.text)")
    }
    let kernel = try Engine().compile(graph)
    let found = try kernel(arguments, sizes: sizes)
    let text = difference(found, from: expected, names: names, tolerance: 1e-11)
    #expect(text == nil, "compiled \(name), \(sizes): \(text ?? "")\n\(kernel.cSource)")
  }

  /// Every operation on rows of its first operand, with rows as results, and in a branch.
  @Test(arguments: Catalog.operations.map(\.name)) func operationsInLoops(_ name: String) throws {
    let entry = try #require(Catalog.entry(named: name))
    for (number, subject) in entry.subjects.enumerated() where number % 3 == 0 {
      guard let first = subject.graph.inputs.first else { continue }
      let row = subject.graph.type(of: first.value)
      if row.dtype == .f32 { continue }
      let inner = subject.graph
      let body = try region { r in
        _ = r.addInput("i", TensorType(.i64))
        let inputs = inner.inputs.map { r.addInput($0.name, inner.type(of: $0.value)) }
        return try r.inline(inner, inputs)
      }
      let branch = try region("branch") { r in
        try r.inline(inner, inner.inputs.map { r.addInput($0.name, inner.type(of: $0.value)) })
      }
      let other = try region("zeros") { r in
        for input in inner.inputs { _ = r.addInput(input.name, inner.type(of: input.value)) }
        return inner.outputs.map { r.zeros(inner.type(of: $0.value)) }
      }
      let builder = GraphBuilder(name: "looped")
      let x = builder.addInput("x", row.stacked(2))
      let rest = inner.inputs.dropFirst().map {
        builder.addInput($0.name, inner.type(of: $0.value))
      }
      let loop = Loop(body: body, bound: 2, carriedCount: 0, scannedCount: 1, isReversed: true)
      for (k, term) in try builder.apply(loop, [x] + rest).dropLast().enumerated() {
        builder.addOutput("rows\(k)", term)
      }
      let flag = builder.addInput("flag", TensorType(.bool))
      let one = x.slice(axis: 0, from: 0, to: 1).reshaped(to: row.shape)
      let chosen = try builder.apply(
        Conditional(then: branch, otherwise: other), [flag, one] + rest)
      for (k, term) in chosen.enumerated() { builder.addOutput("chosen\(k)", term) }
      let graph = try builder.finished()
      for (k, sizes) in inner.legalSizes(from: [0, 1, 3], limit: 2).enumerated() {
        let (a, b) = (
          try subject.arguments(sizes, seed: 1), try subject.arguments(sizes, seed: 2)
        )
        let zeros = Tensor(zeros: row.dtype, shape: a[0].shape)
        let flag = Tensor(integers: [k % 2 == 0 ? 1 : 0], dtype: .bool, shape: [])
        try Self.expectAgreement(
          graph, [Tensor(rows: [a[0], b[0]], like: zeros)] + a.dropFirst() + [flag], sizes,
          subject.description)
      }
    }
  }

  // MARK: - Errors of the run

  @Test func stepLimit() throws {
    let program = try #require(ControlPrograms.all.first { $0.name == "newton" })
    let kernel = try Engine().compile(program.graph())
    #expect(throws: Never.self) { try kernel([Tensor(2.0)], stepLimit: 100) }
    #expect(throws: ExecutionError.self) { try kernel([Tensor(2.0)], stepLimit: 2) }
    do {
      _ = try kernel([Tensor(2.0)], stepLimit: 2)
    } catch let error as ExecutionError {
      #expect(error.description.contains("made 2 steps"), "\(error)")
    }
  }

  /// Nested deeper than libtcc follows: an error that says so.
  @Test func tooDeep() throws {
    func nest(_ depth: Int) throws -> Graph {
      let f64 = TensorType(.f64)
      var inner = try region { r in
        _ = r.addInput("i", TensorType(.i64))
        return [apply(.sin, r.addInput("x", f64))]
      }
      for _ in 1..<depth {
        inner = try region { r in
          _ = r.addInput("i", TensorType(.i64))
          let x = r.addInput("x", f64)
          return [try r.apply(Loop(body: inner, bound: 1, carriedCount: 1), [x])[0] + 1]
        }
      }
      let builder = GraphBuilder(name: "deep")
      let x = builder.addInput("x", f64)
      builder.addOutput(
        "y", try builder.apply(Loop(body: inner, bound: 1, carriedCount: 1), [x])[0])
      return try builder.finished()
    }
    let graph = try nest(40)
    let expected = try ReferenceEvaluator.run(graph, inputs: [Tensor(0.5)], sizes: [:])
    #expect(areIdentical(try Engine().compile(graph)([Tensor(0.5)])[0], expected[0]))
    #expect(throws: NestingError.self) { try Engine().compile(try nest(250)) }
  }

  // MARK: - What the C looks like

  /// Sixty carried scalars: no arrays, no memory but the arguments.
  @Test func scalarsStayScalars() throws {
    let builder = GraphBuilder(name: "scalars")
    let count = 60
    let begin = (0..<count).map { builder.addInput("x\($0)", TensorType(.f64)) }
    let body = try region { inner in
      _ = inner.addInput("i", TensorType(.i64))
      let x = (0..<count).map { inner.addInput("x\($0)", TensorType(.f64)) }
      return (0..<count).map { x[$0] + 0.01 * (x[($0 + 1) % count] - x[$0]) }
    }
    let results = try builder.apply(
      Loop(body: body, bound: 600, carriedCount: count), begin)
    for k in 0..<count { builder.addOutput("y\(k)", results[k]) }
    let graph = try builder.finished()
    let loops = try lower(graph.simplified(), .jit)
    #expect(loops.workspaceByteCount.isZero)
    #expect(!loops.buffers.contains { if case .workspace = $0.storage { true } else { false } })
    let arguments = (0..<count).map { Tensor(Double($0)) }
    let expected = try ReferenceEvaluator.run(graph, inputs: arguments, sizes: [:])
    let found = try Engine().compile(graph)(arguments)
    #expect(zip(found, expected).allSatisfy(areIdentical))
  }

  /// Where a loop makes no step, nothing is asked of the arrays that its steps read, forward or back.
  @Test(arguments: [
    "for i in 0..<n carry s = 0.0 { s + x[i] * x[i] }",
    "for i in 0..<n carry s = 0.0 { s + sin(x[0]) * x[i] }",
    "for i in 0..<min(n, 3) carry s = 0.0 { s + x[i] }",
    "while i = 0, s = 0.0 where i < n { i + 1, s + x[i]^3 }.1",
    "for i in 0..<n carry s = 0.0 where s < 9 { for j in 0..<n carry t = s { t + x[i] * x[j] } }",
  ]) func withoutStepsNothingIsRead(_ loop: String) throws {
    let (text, isPair) = loop.hasSuffix(".1") ? (String(loop.dropLast(2)), true) : (loop, false)
    let file = GraphFile(
      SourceFile(
        name: "empty",
        text: "jitgrad 1\nfunc f(x: f64[n]) -> (y: f64) { \(isPair ? "_, y" : "y") = \(text) }"))
    try #require(!file.hasErrors)
    let graph = file.graphs[0]
    for n in [0, 1, 4] {
      let x = Tensor((0..<n).map { 0.3 + Double($0) }, shape: [n])
      try Self.expectAgreement(graph, [x], ["n": n], "\(loop), n = \(n)")
      // What does not change from step to step is computed before the way back.
      if n == 0 && loop.contains("x[0]") { continue }
      let gradient = try graph.derivative(.gradient)
      try Self.expectAgreement(gradient, [x], ["n": n], "gradient of \(loop), n = \(n)")
    }
    #expect(try Engine().compile(graph)([Tensor(zeros: .f64, shape: [0])]) == [Tensor(0.0)])
  }

  /// Elementwise steps need one buffer and no swap, stencils two.
  @Test func updatesInPlace() throws {
    func text(_ name: String) throws -> String {
      let program = try #require(ControlPrograms.all.first { $0.name == name })
      return lower(try program.graph().simplified(), .portable).text
    }
    #expect(try !text("decay").contains("swap"))
    #expect(try !text("decay").contains("workspace of"))
    #expect(try text("stencil").contains("swap"))
  }
}

/// A region given by its builder.
func region(_ name: String = "step", _ body: (GraphBuilder) throws -> [Term]) throws -> Region {
  let builder = GraphBuilder(name: name)
  for (k, term) in try body(builder).enumerated() { builder.addOutput("next\(k)", term) }
  return Region(try builder.finished())
}

/// Control flow that a pass must not hand on, and the verifier finds.
@Suite struct ControlVerifierTests {
  @Test func findsFaults() throws {
    let program = try #require(ControlPrograms.all.first { $0.name == "unknown_rows" })
    let sound = lower(try program.graph().simplified(), .jit)
    func expectFault(_ spoil: (inout LoopProgram) -> Void) {
      var program = sound
      spoil(&program)
      #expect(throws: VerifierError.self) { try program.verify(after: "spoiling") }
    }
    #expect(throws: Never.self) { try sound.verify(after: "lowering") }
    let yes = Expression.literal(Scalar(1 as Int64, .bool))
    expectFault { $0.body.append(.swap(0, 1)) }
    expectFault { $0.body.append(.grow(buffer: 0, rows: 1, loop: 0)) }
    expectFault { program in
      let stack = program.buffers.firstIndex { if case .stack = $0.storage { true } else { false } }
      program.body.append(.grow(buffer: stack ?? 0, rows: 1, loop: 99))
    }
    expectFault { $0.body.append(.check(.stepLimit(0), loop: 99)) }
    expectFault { $0.body.append(.check(.rows(found: .index(99), needed: 0), loop: 0)) }
    expectFault {
      $0.body.append(
        .branch(BranchStatement(selector: yes, cases: [1, 2], bodies: [[], []], notes: [])))
    }
    expectFault {
      $0.body.append(.loop(LoopStatement(index: 99, extent: nil, body: [], notes: [])))
    }
    expectFault { $0.body.append(.exit(unless: yes)) }
  }
}
