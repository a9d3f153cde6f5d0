// Conversion between dtypes.

/// `y[i…] = x[i…]` in another dtype.
package struct Convert: Operation {
  package let dtype: DType

  package init(dtype: DType) {
    self.dtype = dtype
  }

  package var name: String { "convert" }
  package var attributes: [Attribute] { [Attribute("to", .dtype(dtype))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    [operands[0].with(dtype: dtype)]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [dtype.isFloat ? rule.tangents[0]?.converted(to: dtype) : nil]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    rule.only(0) { rule.cotangent.converted(to: rule.operands[0].dtype) }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, rule.operands)
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let shape = results[0].shape
    return .map(
      Comprehension(
        domain: shape,
        values: [.convert(.operand(0, Comprehension.indices(shape.count)), to: dtype)]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [
      Tensor(dtype, x.shape) { index in
        let element = x[index]
        return x.dtype.isFloat ? Scalar(element.real, dtype) : Scalar(element.integer, dtype)
      }
    ]
  }

  static let entry = Entry(
    "convert", [.operand("x"), Parameter("to", .dtype)],
    """
    The elements in another dtype, also written `f32(x)`.

    Floats round to nearest; to an integer they truncate toward 0, NaN becomes 0 and what is out \
    of range the nearest limit; i32 from i64 wraps; bool is `x != 0`. Derivative: the tangent \
    converted, between floats; none through integers.
    """,
    examples: [
      Example(Convert(dtype: .f64), ["n"]),
      Example(Convert(dtype: .f32), [Example.Operand(.f64, ["n"])], tolerance: 1e-6),
      Example(Convert(dtype: .i32), [Example.Operand(.f64, ["n"], in: -9...9)]),
      Example(Convert(dtype: .f64), [Example.Operand(.i32, [2, "n"], in: -9...9)]),
      Example(Convert(dtype: .bool), [Example.Operand(.i64, ["n"], in: -1...1)]),
    ]
  ) { call in
    try call.apply(Convert(dtype: call.dtype("to") ?? .f64))
  }
}
