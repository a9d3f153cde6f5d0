// Inputs for commands that run a function to look at it: what was given, random values for the rest,
// small sizes where none are told.
import Autodiff
import Frontend
import Graph
import JIT

enum SampleInputs {
  /// The random inputs to try, in order, until those are found for which loops end.
  static func attempts(_ seed: UInt64) -> [(RandomFill.Distribution, seed: UInt64)] {
    [(.normal, seed), (.uniform, seed)]
      + (1...3).flatMap { more in
        [(.uniform, seed &+ UInt64(more)), (.normal, seed &+ UInt64(more))]
      }
  }

  /// The steps that a loop without another limit may make for random inputs.
  static let stepLimit = 100_000

  /// Of all attempts none ended.
  static func endless(_ graph: Graph, _ stepLimit: Int) -> CommandError {
    CommandError(
      .badData,
      "\(graph.name) has a loop that goes on beyond \(stepLimit) steps for all random inputs tried",
      help: "give inputs for which it ends, -i NAME=VALUE, or a larger --max-steps")
  }

  /// Inputs for which the function's loops end, for sizes of about 64.
  /// - Throws: what `bound` throws, and `endless` where none were found.
  static func ending(
    _ graph: Graph, _ names: InterfaceNames, _ options: InputOptions, derivative: Graph
  ) throws -> BoundInputs {
    let given = try options.given(names)
    let isRandom = graph.inputs.contains { given[$0.name] == nil }
    let kernel = try Engine(nativeTier: .off).compile(graph)
    let stepLimit = try options.maxSteps ?? stepLimit
    for (distribution, seed) in attempts(1) {
      let bound = try bound(
        graph, names, options, derivative: derivative, scale: 64, seed: seed,
        distribution: distribution)
      if !isRandom || !kernel.canStop { return bound }
      try Memory.check(kernel, bound, limit: options.memoryLimit)
      do {
        _ = try Memory.run(
          kernel, bound, bound.tensors(), limit: options.memoryLimit, stepLimit: stepLimit)
        return bound
      } catch ExecutionError.stepLimit {}
    }
    throw endless(graph, stepLimit)
  }

  /// Inputs that fit the function's conditions on sizes.
  ///
  /// - Parameters:
  ///   - scale: about how large sizes are that nothing tells.
  ///   - derivative: what will be called besides, whose loops may have a number of states of their own.
  ///   - seed: of the random values; each input has its own stream.
  /// - Throws: the `BindingError` of the first attempt when no sizes that were tried fit.
  static func bound(
    _ graph: Graph, _ names: InterfaceNames, _ options: InputOptions, derivative: Graph? = nil,
    scale: Int, seed: UInt64, distribution: RandomFill.Distribution = .normal
  ) throws -> BoundInputs {
    let given = try options.given(names)
    var bind = try options.boundSizes()
    let isOpen = derivative?.leavesCheckpointsOpen ?? false
    let states = isOpen ? bind.removeValue(forKey: Graph.checkpoints) : nil
    let known = try BoundInputs.knownSizes(of: graph, given, bind: bind)
    let free = graph.symbols.filter { known[$0] == nil }
    var failure: (any Error)?
    var large: BoundInputs?
    for candidate in candidates(free.count, scale) {
      // One after the other: the function's conditions tell some where others are chosen.
      var sizes = bind
      for value in candidate {
        let known = try BoundInputs.knownSizes(of: graph, given, bind: sizes)
        guard let next = free.first(where: { known[$0] == nil }) else { break }
        sizes[next] = value
      }
      do {
        var bound = try BoundInputs(
          graph, of: graph, given, bind: sizes,
          missing: { RandomFill(distribution, seed: seed &* 1_000_003 &+ UInt64($0)) })
        if isOpen { bound.sizes[Graph.checkpoints] = states }
        if free.isEmpty || bound.byteCount <= options.memoryLimit { return bound }
        large = large ?? bound
      } catch let error as BindingError {
        failure = failure ?? error
      } catch let error as CommandError where error.status == .badData && !free.isEmpty {
        failure = failure ?? error
      }
    }
    // What the call needs with these is told by who makes it.
    if let large { return large }
    throw failure ?? BindingError.unknownSizes(free)
  }

  /// Sizes to try: different ones, also some far apart, then equal ones, since many functions want some
  /// equal.
  private static func candidates(_ count: Int, _ scale: Int) -> [[Int]] {
    if count == 0 { return [[]] }
    let different = (0..<count).map {
      max(1, scale + [0, -1, 1, -2, 2][$0 % 5] * max(1, scale / 8))
    }
    let apart = (0..<count).map { max(1, scale >> (2 * min($0, 3))) }
    let equal = [scale, 2 * scale, scale + 1, 8 * scale, 1, 2, 3, 7]
    return [different, different.reversed(), different.sorted(), different.sorted().reversed()]
      + [apart, apart.reversed()]
      + equal.map { [Int](repeating: $0, count: count) }
  }
}
