// What inputs and outputs of a StableHLO function are called: `in0`, `out0`, … by place, and by the
// name that the program gave where it is told: in an attribute, in a place, or by the text itself.

/// Names of the program for the inputs and outputs of a graph.
package struct InterfaceNames: Sendable {
  /// From names to `in0`, `out0`, …; a name that two have means nothing.
  private var canonical: [String: String?] = [:]

  package init() {}

  init(_ function: MLIRFunction, _ module: MLIRModule) {
    for (index, argument) in function.body.arguments.enumerated() {
      let attributes = function.argumentAttributes
      if attributes.indices.contains(index) {
        add(attributes[index], ["jax.arg_info", "jax.argument_name", "name"], "in\(index)")
      }
      if case .location(let name?)? = argument.location.map({ module.resolved($0).kind }) {
        add(name, "in\(index)")
      }
      add(module.names[argument.name], "in\(index)")
    }
    for (index, attributes) in function.resultAttributes.enumerated() {
      add(attributes, ["jax.result_info"], "out\(index)")
    }
  }

  private mutating func add(
    _ attributes: [MLIRNamedAttribute], _ names: [String], _ canonical: String
  ) {
    for attribute in attributes where names.contains(attribute.name) {
      if case .string(let name) = attribute.value.kind { add(name, canonical) }
    }
  }

  private mutating func add(_ name: String, _ place: String) {
    if name.isEmpty || name == place { return }
    if let known = canonical[name] {
      if known != place { canonical[name] = .some(nil) }
    } else {
      canonical[name] = place
    }
  }

  /// The name in the graph; `ct.loss` is `ct.out0` where loss is an output.
  package func resolved(_ name: String) -> String {
    if let place = canonical[name] { return place ?? name }
    for prefix in ["ct.", "tan."] where name.hasPrefix(prefix) {
      if let place = canonical[String(name.dropFirst(prefix.count))] {
        return place.map { prefix + $0 } ?? name
      }
    }
    return name
  }
}
