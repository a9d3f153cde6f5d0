// The list of all operations and derived functions, by name. The language looks calls up here, the
// reference pages are made from it, and the laws iterate over it.

/// All that can be called.
package enum Catalog {
  /// Every scalar function.
  package static let functions: [ScalarFunction] =
    ScalarFunction.arithmetic + ScalarFunction.transcendental + ScalarFunction.special
    + ScalarFunction.logic

  /// Every operation, by family.
  package static let families: [(title: String, entries: [Entry])] = [
    ("Arithmetic", ScalarFunction.arithmetic.map(\.entry)),
    ("Exponentials, powers and angles", ScalarFunction.transcendental.map(\.entry)),
    ("Special functions", ScalarFunction.special.map(\.entry)),
    ("Comparisons, logic and bits", ScalarFunction.logic.map(\.entry)),
    ("Dtypes", [Convert.entry]),
    ("Reductions", Reduction.entries + ArgExtremum.entries),
    ("Along an axis", Cumulative.entries + [LinearRecurrence.entry, Sort.entry]),
    (
      "Shapes",
      [
        Broadcast.entry, Collapse.entry, Reshape.entry, Transpose.entry, Reverse.entry,
        Slice.entry, Pad.entry, Concatenate.entry,
      ]
    ),
    (
      "Indices that are data",
      [Gather.entry, Scatter.entry, DynamicSlice.entry, DynamicUpdate.entry]
    ),
    ("Products and convolutions", [Dot.entry] + Convolution.entries),
    (
      "Linear algebra",
      [
        Cholesky.entry, TriangularSolve.entry, LU.entry, Solve.entry, QR.entry,
        SymmetricEigen.entry, SVD.entry, PseudoInverse.entry,
      ] + Determinant.entries
    ),
    ("Generators", [Iota.entry, Extent.entry]),
  ]

  package static let operations: [Entry] = families.flatMap(\.entries)

  /// Functions that are made of operations.
  package static let derived: [Entry] = Derived.entries + [Einsum.entry] + LinearAlgebra.entries

  /// Where each of them stands in that list, counted from 1.
  static let derivedPlaces = Dictionary(
    derived.enumerated().map { ($1.name, UInt16($0 + 1)) }
  ) { first, _ in first }

  package static let all: [Entry] = operations + derived

  private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

  private static let functionsByName = Dictionary(functions.map { ($0.name, $0) }) { first, _ in
    first
  }

  package static func entry(named name: String) -> Entry? { byName[name] }
  package static func function(named name: String) -> ScalarFunction? { functionsByName[name] }

  /// What a call with so many unnamed arguments means: `max(x)` reduces, `max(a, b)` compares.
  package static func entry(named name: String, argumentCount: Int) -> Entry? {
    switch (name, argumentCount) {
    case ("max", 2): byName["maximum"]
    case ("min", 2): byName["minimum"]
    default: byName[name]
    }
  }
}

extension ScalarFunction {
  /// Parameters a, b, c for several operands, x for one.
  fileprivate var entry: Entry {
    let names = arity == 1 ? ["x"] : Array(["a", "b", "c"].prefix(arity))
    let dtype: DType =
      switch domain {
      case .float, .number, .any, .selection: .f64
      case .integer: .i64
      case .logic: .bool
      }
    func operand(_ k: Int, _ dtype: DType, _ shape: [DimExpr]) -> Example.Operand {
      let range = samples.indices.contains(k) ? samples[k] : -2...2
      return domain == .selection && k == 0
        ? .init(.bool, shape, in: 0...1) : .init(dtype, shape, in: range, distinct: true)
    }
    func example(_ dtype: DType, _ shapes: [[DimExpr]]) -> Example {
      Example(
        Elementwise(self), (0..<arity).map { operand($0, dtype, shapes[$0 % shapes.count]) },
        tolerance: 1e-11)
    }
    var examples = [example(dtype, [["n"]]), example(dtype, [[]])]
    if arity > 1 {
      examples.append(example(dtype, [["n", "m"], ["m"], []]))
      // 1 against n, known at the call only.
      examples.append(example(dtype, [["n"], ["k"]]))
    }
    if domain == .number || domain == .any { examples.append(example(.i32, [["n"]])) }
    if domain == .logic { examples.append(example(.i64, [["n"]])) }
    if domain == .any { examples.append(example(.bool, [["n"]])) }
    return Entry(name, names.map(Parameter.operand), summary, examples: examples) { call in
      try call.apply(Elementwise(self))
    }
  }
}
