// What to do where a call needs more memory than allowed: what it would need at least, over all that
// loops can keep for the way back, how that is asked for, and what it costs in steps done again.
import Autodiff
import Frontend
import Graph
import JIT
import Lowering

struct MemoryAdvice {
  let primal: Graph
  let names: InterfaceNames
  /// `nil` where no derivative was asked for.
  let derivative: DerivativeOptions?
  let limit: Int

  static let larger = "make the sizes smaller or --max-memory larger"
  static let largerForRows = "make --max-memory larger, or the steps fewer"

  // MARK: - Before the call

  /// Runs a check of a call's memory.
  /// - Throws: what the check throws, with what to do about it.
  func explaining<R>(_ sizes: [String: Int], _ check: () throws -> R) throws -> R {
    do {
      return try check()
    } catch BindingError.memory(let needed, let limit) {
      let error = BindingError.memory(needed: needed, limit: limit)
      throw CommandError(.badData, error.description, help: help(needed: needed, sizes))
    }
  }

  /// What to do about a call that needs so many bytes.
  func help(needed: Int, _ sizes: [String: Int]) -> String {
    guard let derivative, primal.hasLoops else { return Self.larger }
    let others = Way.allCases.compactMap { way -> (way: Way, byteCount: Int)? in
      // Without a change it would be what was asked for.
      if way == .oneState && derivative.checkpoint && sizes[Graph.checkpoints] ?? 1 == 1 {
        return nil
      }
      return byteCount(way, sizes).map { (way, $0) }
    }
    // The first one that fits is the simplest.
    guard
      let best = others.first(where: { $0.byteCount <= limit })
        ?? others.min(by: { $0.byteCount < $1.byteCount }), best.byteCount < needed
    else {
      return "loops cannot keep less; \(Self.larger)"
    }
    let how = best.way.text(isCheckpointed: derivative.checkpoint)
    let again = repeatedSteps(best.way, sizes)
    return best.byteCount <= limit
      ? "keep less, with \(how), which needs at least \(best.byteCount) bytes\(again)"
      : "the least is \(best.byteCount) bytes, with \(how)\(again); \(Self.larger)"
  }

  // MARK: - During the call

  func help(_ error: ExecutionError) -> String? {
    switch error {
    case .stepLimit, .rows, .noResult: nil
    case .memoryLimit, .memory:
      derivative.map { derivative in
        derivative.checkpoint
          ? "--checkpoint keeps rows that the function yields; \(Self.largerForRows)"
          : "let the derivative keep less: --checkpoint, or keep at most 100 behind the header of the "
            + "loop; or make --max-memory larger"
      } ?? Self.largerForRows
    }
  }

  /// Says so where so few states fit that steps are done again many times.
  func warnOfRepeatedSteps(_ sizes: [String: Int]) {
    guard let planned = try? primal.checkpointed(),
      let most = LoopReport.mostRepeated(LoopReport.loops(in: planned), sizes),
      most.times >= Self.manyTimes, let states = sizes[Graph.checkpoints]
    else { return }
    Console.tagged(
      .note,
      "\(states) state\(states == 1 ? "" : "s") fit\(states == 1 ? "s" : "") into the memory: of "
        + "\(most.steps) steps of \(most.loop.place), each is done "
        + "\(OutputText.digits(most.times)) times again")
    Console.tagged(.help, "make --max-memory larger")
  }

  /// From here on it is worth a word.
  private static let manyTimes = 10.0

  // MARK: - The least

  /// Ways to keep little.
  private enum Way: CaseIterable {
    case oneState, nothing

    func text(isCheckpointed: Bool) -> String {
      switch self {
      case .oneState: isCheckpointed ? "--bind checkpoints=1" : "--checkpoint"
      case .nothing: "'keep nothing' behind the headers of all loops"
      }
    }
  }

  private func planned(_ way: Way) throws -> Graph {
    switch way {
    case .oneState: try primal.checkpointed()
    case .nothing: primal.keeping(.nothing, everywhere: true)
    }
  }

  private func byteCount(_ way: Way, _ sizes: [String: Int]) -> Int? {
    guard let graph = try? derivative?.derivative(of: planned(way), names),
      let program = try? lower(graph.simplified(), .jit)
    else { return nil }
    return try? graph.callByteCount(program).evaluate {
      $0 == Graph.checkpoints && graph.leavesCheckpointsOpen ? 1 : sizes[$0]
    }
  }

  private func repeatedSteps(_ way: Way, _ sizes: [String: Int]) -> String {
    let sizes = sizes.merging([Graph.checkpoints: 1]) { $1 }
    guard let planned = try? planned(way),
      let most = LoopReport.mostRepeated(LoopReport.loops(in: planned), sizes), most.times > 0
    else { return "" }
    let times = OutputText.digits(most.times)
    return ", where of \(most.steps) steps each is done \(times) times again"
  }
}

extension Graph {
  /// Bytes of inputs, outputs and workspace of a call of the program that was made of it.
  func callByteCount(_ program: LoopProgram) -> DimExpr {
    (inputs.map(\.value) + outputs.map(\.value)).map(type).reduce(program.workspaceByteCount) {
      $0 + $1.elementCount * DimExpr($1.dtype.byteCount)
    }
  }

  fileprivate var hasLoops: Bool {
    nodes.contains { node in
      node.operation is Loop || node.operation.regions.contains { $0.graph.hasLoops }
    }
  }
}
