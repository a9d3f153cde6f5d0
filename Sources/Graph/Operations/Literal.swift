// Generators: values that come from no operand. Literals and constant arrays, a size as a number,
// and counting along an axis. None varies, so none has a derivative.

/// A single value.
package struct Literal: Operation {
  package let value: Scalar

  package init(value: Scalar) {
    self.value = value
  }

  package var name: String { "literal" }
  package var literalValue: Scalar? { value }
  package var attributes: [Attribute] { [Attribute("value", .scalar(value))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    [TensorType(value.dtype)]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] { [nil] }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] { [] }
  package func batch(_ rule: BatchRule) throws -> [Term] { [] }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    .map(Comprehension(domain: [], values: [.literal(value)]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    [Tensor(repeating: value, shape: [])]
  }
}

/// An array given in the source.
package struct Constant: Operation {
  package let value: Tensor

  package init(value: Tensor) {
    self.value = value
  }

  package var name: String { "constant" }
  package var attributes: [Attribute] { [Attribute("value", .tensor(value))] }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(value.shape)
    hasher.combine(value.bytes.count)
    // A few bytes tell most constants apart; equality compares them all.
    for byte in value.bytes.prefix(64) { hasher.combine(byte) }
  }
  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    [TensorType(value.dtype, value.shape.map { DimExpr($0) })]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] { [nil] }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] { [] }
  package func batch(_ rule: BatchRule) throws -> [Term] { [] }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    .constant(value)
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] { [value] }
}

/// A size as a number.
package struct Extent: Operation {
  package let extent: DimExpr
  package let dtype: DType

  package init(extent: DimExpr, dtype: DType) {
    self.extent = extent
    self.dtype = dtype
  }

  package var name: String { "extent" }
  package var attributes: [Attribute] {
    [Attribute("size", .dim(extent)), Attribute("dtype", .dtype(dtype))]
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    if extent.isOverflow { throw TypeRuleError("this size is out of range") }
    return [TensorType(dtype)]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] { [nil] }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] { [] }
  package func batch(_ rule: BatchRule) throws -> [Term] { [] }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    .map(Comprehension(domain: [], values: [.index(extent, dtype)]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    [Tensor(repeating: Scalar(Int64(try call.size(extent)), dtype), shape: [])]
  }

  static let entry = Entry(
    "extent", [Parameter("size", .dim), Parameter("dtype", .dtype, default: "i64")],
    """
    A size as a number. A size in an expression, `sum(x) / n`, is the same with the dtype of the \
    other operand.
    """,
    examples: [Example(Extent(extent: 2 * DimExpr("n") + 1, dtype: .f64))]
  ) { call in
    try call.apply(Extent(extent: call.dim("size") ?? 0, dtype: call.dtype("dtype") ?? .i64))
  }
}

/// `y[i…] = i_axis`
package struct Iota: Operation {
  package let shape: [DimExpr]
  package let axis: Int
  package let dtype: DType

  package init(shape: [DimExpr], axis: Int, dtype: DType) {
    self.shape = shape
    self.axis = axis
    self.dtype = dtype
  }

  package var name: String { "iota" }
  package var attributes: [Attribute] {
    [
      Attribute("shape", .dims(shape)), Attribute("axis", .dim(DimExpr(axis))),
      Attribute("dtype", .dtype(dtype)),
    ]
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard shape.indices.contains(axis) else {
      throw TypeRuleError("iota has no axis \(axis): the shape has rank \(shape.count)")
    }
    return [TensorType(dtype, shape)]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] { [nil] }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] { [] }
  package func batch(_ rule: BatchRule) throws -> [Term] { [] }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    .map(Comprehension(domain: shape, values: [.index(.index(axis), dtype)]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    [Tensor(dtype, call.results[0].shape) { Scalar(Int64($0[axis]), dtype) }]
  }

  static let entry = Entry(
    "iota",
    [
      Parameter("shape", .dims), Parameter("axis", .dim, default: "0"),
      Parameter("dtype", .dtype, default: "i64"),
    ],
    "Counts along an axis: `y[i…] = i_axis`.",
    examples: [
      Example(Iota(shape: ["n", 3], axis: 0, dtype: .i64)),
      Example(Iota(shape: [2, "n"], axis: 1, dtype: .f64)),
    ]
  ) { call in
    let shape = try call.dims("shape") ?? []
    return try call.apply(
      Iota(
        shape: shape, axis: call.normalized(call.integer("axis") ?? 0, rank: shape.count),
        dtype: call.dtype("dtype") ?? .i64))
  }
}
