// What is given to an evaluation for inputs and sizes, and the record of what kept values came from.
import Graph

/// Values for the inputs and sizes of an evaluation, by name.
///
///     try loss.eval(engine, ["x": Tensor([1.0, 2.0], shape: [2])])
public struct Bindings: Sendable, ExpressibleByDictionaryLiteral {
  /// Values of inputs; others than the tensors read are left alone.
  public var tensors: [String: Tensor]
  /// Sizes that no shape tells.
  public var sizes: [String: Int]

  /// Values of inputs, and sizes that no shape tells.
  public init(_ tensors: [String: Tensor] = [:], sizes: [String: Int] = [:]) {
    self.tensors = tensors
    self.sizes = sizes
  }

  public init(dictionaryLiteral elements: (String, Tensor)...) {
    self.init(Dictionary(elements) { $1 })
  }
}

/// The inputs and sizes that kept values were computed from; shared by values of an evaluation.
final class BindingRecord: Sendable {
  let tensors: [String: Tensor]
  /// As they were given.
  let sizes: [String: Int]
  /// The sizes that the values depend on: given, or told by the inputs beneath them.
  let knownSizes: [String: Int]

  init(_ tensors: [String: Tensor], _ sizes: [String: Int], known: [String: Int]) {
    self.tensors = tensors
    self.sizes = sizes
    knownSizes = known
  }

  /// Whether `bindings` say the same for everything that was read. Arrays that share their storage
  /// are compared by it.
  func holds(for bindings: Bindings) -> Bool {
    sizes == bindings.sizes && tensors.allSatisfy { bindings.tensors[$0] == $1 }
  }
}

/// Something an evaluation needs and was not given.
public enum EvaluationError: Error, Sendable, CustomStringConvertible {
  /// An input without a value.
  case unbound(input: String, type: TensorType, given: [String])
  /// A variable of a loop, a branch, a batch or a rule was used after its closure had returned.
  case variable(TensorType)
  /// One name, two types.
  case conflict(input: String, TensorType, TensorType)

  public var description: String {
    switch self {
    case .unbound(let input, let type, let given):
      "the input \(input): \(type) has no value; given were "
        + (given.isEmpty ? "none" : given.sorted().joined(separator: ", "))
        + "\nhelp: bind it: eval(engine, [\"\(input)\": …])"
    case .variable(let type):
      "a variable of type \(type) has no value outside of the closure it was given to"
        + "\nhelp: return what the closure computes from it"
    case .conflict(let input, let a, let b):
      "the input \(input) is \(a) in one place and \(b) in another"
        + "\nhelp: inputs of one name are one input; give one of them another name"
    }
  }
}
