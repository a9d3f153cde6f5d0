// Whether the rules of a function are its derivative: ⟨w, J v⟩ = ⟨Jᵀ w, v⟩ at random places, where
// one side is a rule and the other the other rule, or the derivative of the function itself.
import Graph

/// Two numbers that should be equal.
package struct RuleMismatch {
  /// The input in whose direction they differ.
  package let input: String
  /// Where the inputs were taken from.
  let place: String
  /// ⟨w, J v⟩ and ⟨Jᵀ w, v⟩.
  let forward: Double
  let backward: Double

  /// What was found, a line a fact.
  /// - Parameters: what each side was computed by.
  package func notes(forward jvp: String, backward vjp: String) -> [String] {
    [
      "⟨w, J v⟩ is \(Self.short(forward)) by \(jvp)",
      "⟨Jᵀ w, v⟩ is \(Self.short(backward)) by \(vjp)",
      "at \(place)",
    ]
  }

  /// Six digits.
  private static func short(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    var digits = 6
    var size = abs(value)
    while size >= 10, digits > 1 {
      size /= 10
      digits -= 1
    }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return "\((value * scale).rounded() / scale)"
  }
}

/// What a comparison has found.
package enum RuleVerdict {
  case agree
  case differ(RuleMismatch)
  /// The function has more elements than are compared.
  case tooLarge
  /// Of some input both sides were numbers at no place.
  case unknown
}

/// The comparison of a function with its rules.
package struct RuleCheck {
  /// (inputs…, results…, tangents of float inputs…) → tangents of float results
  private let forward: Graph
  /// (inputs…, results…, cotangents of float results…) → cotangents of float inputs
  private let backward: Graph
  private let function: Graph
  /// Whether the sides are rules; what is none is the derivative of the function.
  private let areRules: (forward: Bool, backward: Bool)

  /// - Throws: where the function has no derivative of its own to compare with.
  package init(_ custom: CustomFunction) throws {
    function = custom.function.graph
    areRules = (custom.jvp != nil, custom.vjp != nil)
    forward = try custom.jvp?.graph ?? function.ownTangents()
    backward = try custom.vjp?.graph ?? function.ownCotangents()
  }

  /// Whether the two sides are the same.
  ///
  /// - Parameter arguments: where to compare a function without sizes if no random place will do.
  package func verdict(at arguments: [Tensor]? = nil) -> RuleVerdict {
    // What has no floats has no derivative to differ in.
    if !function.outputs.contains(where: { function.type(of: $0.value).dtype.isFloat }) {
      return .agree
    }
    let sizes = function.smallSizes
    if !sizes.isEmpty, !sizes.contains(where: { isSmall($0) }) { return .tooLarge }
    var random = SplitMix64(seed: 1)
    var progress = Progress()
    for sizes in sizes {
      // Many functions want positive numbers; where they give NaN, nothing is compared.
      for range in [0.25...0.9, -0.9...0.9] {
        let place = "random inputs from \(range.lowerBound) to \(range.upperBound)"
        let x = function.smallInputs(sizes, range, &random)
        if let found = mismatch(at: x, place, sizes, &random, &progress) { return .differ(found) }
      }
    }
    // Others want matrices of a kind, or what they were made for.
    for sizes in sizes where !progress.isComplete {
      let (x, place) = (
        function.smallDefiniteInputs(sizes, &random), "random positive definite matrices"
      )
      if let found = mismatch(at: x, place, sizes, &random, &progress) { return .differ(found) }
    }
    if !progress.isComplete, function.symbols.isEmpty,
      let found = mismatch(at: arguments, "the arguments of the call", [:], &random, &progress)
    {
      return .differ(found)
    }
    return progress.isComplete ? .agree : .unknown
  }

  /// What was compared so far.
  private struct Progress {
    var hasBegun = false
    /// Places of the float inputs that have elements, and of those by which both sides were numbers.
    var needed: Set<Int> = []
    var compared: Set<Int> = []

    var isComplete: Bool { hasBegun && compared == needed }
  }

  private func isSmall(_ sizes: [String: Int]) -> Bool {
    var random = SplitMix64(seed: 1)
    return [function, forward, backward].allSatisfy { $0.isSmall(sizes) }
      && function.smallInputs(sizes, 0...1, &random) != nil
  }

  /// The first difference at one place; `nil` also where nothing can be run.
  private func mismatch(
    at x: [Tensor]?, _ place: String, _ sizes: [String: Int], _ random: inout SplitMix64,
    _ progress: inout Progress
  ) -> RuleMismatch? {
    guard let x else { return nil }
    let floats = x.indices.filter { x[$0].dtype.isFloat }
    progress.hasBegun = true
    progress.needed.formUnion(floats.filter { x[$0].count > 0 })
    guard let y = try? function.smallRun(x, sizes) else { return nil }
    func direction(_ like: Tensor) -> Tensor {
      Tensor(
        doubles: (0..<like.count).map { _ in Double.random(in: -1...1, using: &random) },
        dtype: like.dtype, shape: like.shape)
    }
    let results = y.filter(\.dtype.isFloat)
    let w = results.map { direction($0) }
    guard let pulled = try? backward.smallRun(x + y + w, sizes) else { return nil }
    let hasValues = results.allSatisfy { $0.doubles.allSatisfy(\.isFinite) }
    for (number, k) in floats.enumerated() {
      let v = floats.map {
        $0 == k ? direction(x[$0]) : Tensor(zeros: x[$0].dtype, shape: x[$0].shape)
      }
      guard let pushed = try? forward.smallRun(x + y + v, sizes) else { return nil }
      let (a, scale) = product(w, pushed)
      let (b, other) = product([pulled[number]], [v[number]])
      let isSingle = (x + y).contains { $0.dtype == .f32 }
      let differs =
        if a.isFinite && b.isFinite {
          abs(a - b) > (isSingle ? 1e-2 : 1e-6) * (scale + other) + 1e-12
        } else {
          // A rule gives numbers wherever the function has values and the other side is a number.
          hasValues && (a.isFinite && areRules.backward || b.isFinite && areRules.forward)
        }
      if differs {
        return RuleMismatch(input: function.inputs[k].name, place: place, forward: a, backward: b)
      }
      if a.isFinite && b.isFinite && x[k].count > 0 { progress.compared.insert(k) }
    }
    return nil
  }

  /// The inner product, and what it would be without signs.
  private func product(_ a: [Tensor], _ b: [Tensor]) -> (Double, Double) {
    var (sum, size) = (0.0, 0.0)
    for (x, y) in zip(a, b) {
      for (p, q) in zip(x.doubles, y.doubles) {
        sum += p * q
        size += abs(p * q)
      }
    }
    return (sum, size)
  }
}

extension Graph {
  /// The tangents of the function's own text, as a rule would give them.
  fileprivate func ownTangents() throws -> Graph {
    let builder = GraphBuilder(name: name)
    let (inputs, outputs) = try begin(builder)
    let varying = inputs.filter(\.dtype.isFloat)
    let seeds = varying.map { builder.addInput("tan", $0.type) }
    let tangents = try Tangents(
      builder, of: outputs.map(\.value),
      seeds: Dictionary(uniqueKeysWithValues: zip(varying.map(\.value), seeds)))
    for output in outputs where output.dtype.isFloat {
      builder.addOutput("tangent", tangents[output.value] ?? output.zeros)
    }
    return try builder.finished().pruned()
  }

  fileprivate func ownCotangents() throws -> Graph {
    let builder = GraphBuilder(name: name)
    let (inputs, outputs) = try begin(builder)
    let varying = inputs.filter(\.dtype.isFloat)
    let results = outputs.filter(\.dtype.isFloat)
    let received = results.map { builder.addInput("ct", $0.type) }
    let seeds = varying.map { builder.addHidden($0.type) }
    let tangents = try Tangents(
      builder, of: results.map(\.value),
      seeds: Dictionary(uniqueKeysWithValues: zip(varying.map(\.value), seeds)))
    let cotangents = try Cotangents(
      builder, inputs: seeds.map(\.value),
      outputs: zip(results, received).compactMap { result, ct in
        tangents[result.value].map { ($0.value, ct) }
      })
    for seed in seeds { builder.addOutput("cotangent", cotangents[seed.value] ?? seed.zeros) }
    return try builder.finished().pruned()
  }

  /// Inputs and results, and inputs in the place of the results.
  private func begin(_ builder: GraphBuilder) throws -> (inputs: [Term], outputs: [Term]) {
    let terms = inputs.map { builder.addInput($0.name, type(of: $0.value)) }
    for output in outputs { _ = builder.addInput(output.name, type(of: output.value)) }
    return (terms, try builder.inline(self, terms))
  }
}
