// The table of scalar functions, from which all elementwise operations are made: how a row is
// built. The rows themselves stand in Functions/, one file a family. A row says everything about a
// function; no other place knows it.

/// A function of scalars: one row of the table.
///
/// Rows are compared by identity; there is one object a function.
package final class ScalarFunction: Sendable, Hashable {
  package let name: String
  package let arity: Int
  package let domain: Domain
  /// The result is bool, whatever the operands are.
  package let isPredicate: Bool
  package let spelling: Spelling
  package let reference: Reference
  package let derivative: Derivative
  package let linearity: Linearity
  /// Where the laws take each operand from; `nil` samples widely.
  package let samples: [ClosedRange<Double>]
  /// One sentence, with the formula where it is not the name.
  package let summary: String
  /// `f(f(a, b), c) = f(a, f(b, c))` but for rounding, and `identity` is neutral.
  package let identity: Double?
  /// Operations an element costs; a function of libm counts as 20.
  package let cost: Int

  package init(
    _ name: String, arity: Int, domain: Domain, isPredicate: Bool = false, spelling: Spelling,
    reference: Reference, derivative: Derivative, linearity: Linearity = .none,
    samples: [ClosedRange<Double>] = [], identity: Double? = nil, summary: String
  ) {
    self.name = name
    self.arity = arity
    self.domain = domain
    self.isPredicate = isPredicate
    self.spelling = spelling
    self.reference = reference
    self.derivative = derivative
    self.linearity = linearity
    self.samples = samples
    self.identity = identity
    self.summary = summary
    cost = (spelling.float ?? spelling.integer ?? .prefix("")).cost(arity)
  }

  package static func == (a: ScalarFunction, b: ScalarFunction) -> Bool { a === b }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

  /// Which dtypes the operands may have; all operands have the same one.
  package enum Domain: Sendable {
    case float, integer, number, logic, any
    /// bool, then two of any dtype.
    case selection

    package func contains(_ dtype: DType) -> Bool {
      switch self {
      case .float: dtype.isFloat
      case .integer: dtype.isInteger
      case .number: dtype != .bool
      case .logic: !dtype.isFloat
      case .any, .selection: true
      }
    }

    package var text: String {
      switch self {
      case .float: "f64 or f32"
      case .integer: "i64 or i32"
      case .number: "f64, f32, i64 or i32"
      case .logic: "bool, i64 or i32"
      case .any, .selection: "any dtype"
      }
    }
  }

  /// How C writes the function, by the class of the dtype.
  package struct Spelling: Sendable {
    package var float: CForm?
    package var integer: CForm?
    package var bool: CForm?

    package init(float: CForm? = nil, integer: CForm? = nil, bool: CForm? = nil) {
      self.float = float
      self.integer = integer
      self.bool = bool
    }

    package func form(for dtype: DType) -> CForm? {
      dtype == .bool ? bool : dtype.isFloat ? float : integer
    }
  }

  package enum CForm: Sendable {
    case infix(String)
    case prefix(String)
    /// `a ? b : c`
    case conditional
    /// A function of math.h; the f32 one has an f behind its name.
    case libm(String)
    /// A function of the runtime; the dtype stands behind its name: `jg_sign_f64`.
    case runtime(String)
    /// A function that is defined in the program that calls it: its name, and the definition in C.
    case defined(String, definition: String)

    fileprivate func cost(_ arity: Int) -> Int {
      switch self {
      case .infix(let symbol): symbol == "/" ? 4 : 1
      case .conditional: 1
      case .prefix(let sign): sign.isEmpty ? 0 : 1
      case .libm("fabs"), .libm("floor"), .libm("ceil"), .libm("sqrt"): 2
      case .libm: 20
      case .runtime: arity == 2 ? 2 : 20
      case .defined: 20
      }
    }
  }

  /// The function in Swift, written for clarity; f32 is computed in f64 and rounded once.
  package enum Reference: Sendable {
    case real(@Sendable ([Double]) -> Double)
    case whole(@Sendable ([Int64]) -> Int64)
    case number(@Sendable ([Double]) -> Double, @Sendable ([Int64]) -> Int64)
    /// `a[0] ? a[1] : a[2]`, which moves values untouched.
    case selection
  }

  package enum Derivative: Sendable {
    /// ∂y/∂xₖ from the operands and the result; `nil` where the function has none in xₖ.
    case partials([(@Sendable (_ x: Terms, _ y: Term) -> Term)?])
    /// Constant almost everywhere: 0.
    case zero
    /// The tangent itself, where a product with a partial would make 0·∞.
    case rule(@Sendable (JVPRule) -> Term?)
  }

  /// The neutral element in a dtype, `nil` where there is none; ∓∞ stands for the least and the
  /// greatest value.
  package func identity(_ dtype: DType) -> Scalar? {
    identity.map {
      dtype == .bool ? Scalar($0 != 0 && $0 != -.infinity) : Scalar($0, dtype)
    }
  }

  /// What a fold by the function begins with. Requires that it has a neutral element.
  package func foldStart(_ dtype: DType) -> Scalar {
    guard let start = identity(dtype) else {
      preconditionFailure("\(name) has no neutral element, so nothing folds by it")
    }
    return start
  }

  /// The dtype of the result for so many operands; `nil` where their dtypes do not fit.
  package func resultDType(_ count: Int, of operand: (Int) -> DType) -> DType? {
    let first = domain == .selection ? 1 : 0
    guard count == arity, first == 0 || operand(0) == .bool else { return nil }
    let dtype = operand(first)
    guard domain.contains(dtype) else { return nil }
    for k in 0..<count where k > first && operand(k) != dtype { return nil }
    return isPredicate ? .bool : dtype
  }

  /// The value of the reference for elements of one dtype.
  package func value(_ x: [Scalar]) -> Scalar {
    let first = x[domain == .selection ? 1 : 0]
    let dtype = isPredicate ? DType.bool : first.dtype
    switch reference {
    case .selection: return x[0].bits != 0 ? x[1] : x[2]
    case .real(let f): return Scalar(f(x.map(\.real)), dtype)
    case .number(let f, _) where first.dtype.isFloat: return Scalar(f(x.map(\.real)), dtype)
    case .whole(let f), .number(_, let f):
      // A bool is its lowest bit: ¬0 = −1 is true, ¬1 = −2 is false.
      let whole = f(x.map(\.integer))
      return Scalar(dtype == .bool ? whole & 1 : whole, dtype)
    }
  }

  package enum Linearity: Sendable {
    /// Never linear.
    case none
    /// The cotangent of linear operand k, in the shape of the result.
    case rule(@Sendable (_ k: Int, _ ct: Term, _ operands: Terms) -> Term)
  }
}

// MARK: - Short forms of rows

extension ScalarFunction {
  /// A function of one float.
  static func real(
    _ name: String, _ form: CForm, _ reference: @escaping @Sendable (Double) -> Double,
    on range: ClosedRange<Double>, _ summary: String,
    partial: @escaping @Sendable (_ x: Term, _ y: Term) -> Term
  ) -> ScalarFunction {
    ScalarFunction(
      name, arity: 1, domain: .float, spelling: Spelling(float: form),
      reference: .real { reference($0[0]) }, derivative: .partials([{ partial($0[0], $1) }]),
      samples: [range], summary: summary)
  }

  /// A function of one float that is constant almost everywhere.
  static func step(
    _ name: String, _ form: CForm, _ reference: @escaping @Sendable (Double) -> Double,
    _ summary: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, arity: 1, domain: .float, spelling: Spelling(float: form),
      reference: .real { reference($0[0]) }, derivative: .zero, samples: [-3...3],
      summary: summary)
  }

  /// A test of one or two values.
  static func predicate(
    _ name: String, arity: Int, domain: Domain, _ spelling: Spelling, _ reference: Reference,
    _ summary: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, arity: arity, domain: domain, isPredicate: true, spelling: spelling,
      reference: reference, derivative: .zero,
      samples: [ClosedRange<Double>](repeating: -3...3, count: arity), summary: summary)
  }

  /// A function of integers or bools.
  static func whole(
    _ name: String, arity: Int, domain: Domain, _ spelling: Spelling,
    identity: Double? = nil, samples: [ClosedRange<Double>]? = nil, _ summary: String,
    _ reference: @escaping @Sendable ([Int64]) -> Int64
  ) -> ScalarFunction {
    ScalarFunction(
      name, arity: arity, domain: domain, spelling: spelling, reference: .whole(reference),
      derivative: .zero,
      samples: samples ?? [ClosedRange<Double>](repeating: -9...9, count: arity),
      identity: identity, summary: summary)
  }
}
