// Every operation of the catalog by its name, with the parameters that the reference page gives it. A
// new operation is callable here the day it is in the catalog: nothing of it is written down twice.
import Frontend
import Graph

/// All operations and derived functions by name, called as in the graph language:
///
///     op.erf(x)
///     op.gather(x, indices, axes: [0], mode: "clamp")
///     op.cumsum(x, axis: 0, reversed: true)
///     let sorted = op.call("top_k", x, attributes: ["k": 3])   // several results
///
/// What can be called is listed in docs/operations.md and by `jit-grad ops`. A name or a parameter that
/// does not exist gives a failed tensor, whose error is thrown where a result is asked for.
public let op = Operations()

/// The type of `op`.
@dynamicMemberLookup
public struct Operations: Sendable {
  /// The operation of that name, to be called.
  public subscript(dynamicMember name: String) -> NamedOperation { NamedOperation(name: name) }

  /// Every name that can be called.
  public var names: [String] { Catalog.all.map(\.name) }

  /// Calls an operation that gives several results, or whose name is data.
  public func call(
    _ name: String, _ operands: TracedTensor..., attributes: [String: any OperationArgument] = [:]
  ) -> [TracedTensor] {
    NamedOperation(name: name).results(operands.map { ("", $0) } + attributes.map { ($0, $1) })
  }
}

/// An operation about to be called.
@dynamicCallable
public struct NamedOperation: Sendable {
  let name: String

  /// The first result.
  public func dynamicallyCall(
    withKeywordArguments arguments: KeyValuePairs<String, any OperationArgument>
  ) -> TracedTensor {
    results(arguments.map { ($0.key, $0.value) })[0]
  }

  func results(_ arguments: [(String, any OperationArgument)]) -> [TracedTensor] {
    let count = arguments.count { $0.0.isEmpty }
    guard let entry = Catalog.entry(named: name, argumentCount: count) else {
      return [
        TracedTensor.failure(
          TraceError(
            name, "there is no operation \(name)",
            help: Suggestion.help(for: name, in: Catalog.all.map(\.name)) ?? "op.names lists all"))
      ]
    }
    var operands: [TracedTensor] = []
    var attributes: [String: AttributeValue] = [:]
    // Numbers take the dtype of the tensors beside them.
    let beside = arguments.lazy.compactMap { $1.tensors?.first }.last
    do {
      var open = entry.parameters[...]
      for (label, argument) in arguments {
        guard
          let parameter = label.isEmpty ? open.first : open.first(where: { $0.name == label })
        else {
          throw TraceError(
            name,
            label.isEmpty
              ? "\(name) was given more than it takes"
              : "\(name) has no parameter \(label), or it was given twice",
            help: "it is called \(entry.signature)")
        }
        if parameter.kind != .operands { open.removeAll { $0.name == parameter.name } }
        if parameter.isOperand {
          let given = argument.tensors ?? beside.flatMap { argument.number(parameter, beside: $0) }
          guard let given, parameter.kind == .operands || given.count == 1 else {
            throw TraceError(
              name, "\(name) needs a tensor for \(parameter.name), found \(argument)",
              help: "it is called \(entry.signature)")
          }
          operands += given
        } else {
          guard let value = argument.attribute(of: parameter.kind) else {
            throw TraceError(
              name, "\(name) cannot take \(argument) for \(parameter.name)",
              help: "it is called \(entry.signature)")
          }
          attributes[parameter.name] = value
        }
      }
      for parameter in open where parameter.fallback == nil && parameter.kind != .operands {
        throw TraceError(
          name, "\(name) needs \(parameter.name)", help: "it is called \(entry.signature)")
      }
      let given = attributes
      return TracedTensor.built(name, operands, count: entry.resultCount) { builder, terms in
        try entry.build(Call(name, builder, terms, given))
      }
    } catch {
      let failed = TracedTensor.failure(TraceError(name, error))
      return [TracedTensor](repeating: failed, count: entry.resultCount)
    }
  }
}

/// What can stand in a call of an operation: tensors, numbers, sizes, lists of them, words, dtypes. A
/// number in the place of a tensor takes the dtype of the last tensor of the call.
public protocol OperationArgument: Sendable {}

extension TracedTensor: OperationArgument {}
extension Double: OperationArgument {}
extension Int: OperationArgument {}
extension DimExpr: OperationArgument {}
extension Bool: OperationArgument {}
extension String: OperationArgument {}
extension DType: OperationArgument {}
extension Array: OperationArgument where Element: OperationArgument {}

extension OperationArgument {
  fileprivate var tensors: [TracedTensor]? {
    (self as? [TracedTensor]) ?? (self as? TracedTensor).map { [$0] }
  }

  /// A number in the place of an operand.
  fileprivate func number(_ parameter: Parameter, beside tensor: TracedTensor) -> [TracedTensor]? {
    guard let value = (self as? Double) ?? (self as? Int).flatMap({ Double(exactly: $0) }) else {
      return nil
    }
    return [tensor.number(value, parameter.numberDType)]
  }

  fileprivate var size: DimExpr? { (self as? Int).map { DimExpr($0) } ?? (self as? DimExpr) }

  fileprivate var list: [any OperationArgument]? {
    (self as? [Int]) ?? (self as? [DimExpr]) ?? (self as? [[Int]]) ?? (self as? [[DimExpr]])
  }

  fileprivate var sizes: [DimExpr]? {
    if let size { return [size] }
    guard let list else { return nil }
    let sizes = list.compactMap(\.size)
    return sizes.count == list.count ? sizes : nil
  }

  fileprivate func attribute(of kind: Parameter.Kind) -> AttributeValue? {
    switch kind {
    case .operand, .operands: return nil
    case .dim: return size.map { .dim($0) }
    case .dims: return sizes.map { .dims($0) }
    case .dimLists:
      guard let list else { return nil }
      let rows = list.compactMap(\.sizes)
      return rows.count == list.count ? .dimLists(rows) : nil
    case .number:
      return (self as? Double ?? (self as? Int).map { Double($0) }).map {
        .scalar(Scalar($0, .f64))
      }
    case .flag: return (self as? Bool).map { .flag($0) }
    case .dtype: return (self as? DType).map { .dtype($0) }
    case .word, .text: return (self as? String).map { .word($0) }
    }
  }
}
