// Statements, bindings, types, extents and constraints. Extents are read as expressions and then
// checked, so that precedence is decided in one place.

import Graph

extension Parser {
  /// Where a binding stands, which decides whether it needs a type.
  enum BindingPlace {
    case parameter, result, target, carried
  }

  /// `targets = value`. After a mistake it has the targets that were read and no valid value.
  mutating func parseStatement() -> Statement {
    let start = token.span.start
    targets.removeAll(keepingCapacity: true)
    continuation = nil
    do throws(Recovery) {
      let value = try parseBindings()
      let statement = Statement(
        targets: targets, value: value, span: SourceSpan(start, previous.span.end))
      try expectStatementEnd()
      return statement
    } catch {
      skipStatement(from: start)
      let span = SourceSpan(start, previous.span.end)
      return Statement(targets: targets, value: tree.add(.invalid, span: span), span: span)
    }
  }

  private mutating func parseBindings() throws(Recovery) -> ExprID {
    repeat { try parseTarget() } while !isAtStatementEnd && take(.comma)
    return try parseStatementValue()
  }

  mutating func parseTarget() throws(Recovery) {
    guard token.kind == .identifier else {
      throw expected(
        targets.isEmpty ? "a statement such as 'y = x + 1'" : "a name behind ','",
        at: targets.isEmpty ? .here : .behindPrevious, help: statementHelp)
    }
    targets.append(try parseBinding(.target))
  }

  /// `= value`
  mutating func parseStatementValue() throws(Recovery) -> ExprID {
    guard !isAtStatementEnd, take(.equals) else {
      let name = source.text(previous.span)
      if token.kind == .binary(.equal) {
        throw expected("'=' after '\(name)'", help: "'==' compares; '=' gives a name its value")
      }
      throw expected("'=' after '\(name)'", help: bindingHelp(name))
    }
    return try parseExpression()
  }

  /// What to do about a token that begins no statement.
  private var statementHelp: String? {
    switch token.kind {
    case .binary(.floorDivide): "comments begin with '#'"
    case .binary where token.startsLine && targets.isEmpty:
      "a line that continues another stands in parentheses, or the operator ends the line before"
    case .keyword(.func): "a function begins on a line of its own"
    case .keyword(.yield): "'yield' stands in the body of a loop"
    case .keyword(.if), .keyword(.switch), .keyword(.for), .keyword(.while), .keyword(.do),
      .keyword(.scan):
      "loops and conditionals are values: y = \(token.kind.spelling ?? "") …"
    default: reservedNameHelp
    }
  }

  /// Words that begin a binding in other languages.
  private static let bindingWords = ["let", "var", "const", "val", "auto"]

  /// What to do about a name with nothing bound to it.
  private func bindingHelp(_ name: String) -> String? {
    switch token.kind {
    case .leftParenthesis: return "a statement gives a name to a value: y = \(name)(…)"
    case .identifier
    where Parser.bindingWords.contains(name) && !token.startsLine:
      return "leave '\(name)' out: \(source.text(token.span)) = …"
    case _ where name == "return": return "a result is what its name is bound to: y = …"
    case .binary: return "a name is bound once: y = \(name) \(token.kind.spelling ?? "") …"
    default: return nil
    }
  }

  mutating func expectStatementEnd() throws(Recovery) {
    guard !isAtStatementEnd else { return }
    if token.kind == .equals, let continuation {
      let sign = continuation.kind.spelling ?? ""
      throw fail(
        Diagnostic(
          "expected an operand behind '\(sign)', found a new statement", at: continuation.span,
          help: "a line that ends in an operator goes on in the next line"))
    }
    if token.kind == .equals { throw expected("the end of the line", help: "'==' compares") }
    if token.kind.isClosing {
      throw fail(
        Diagnostic("this '\(token.kind.spelling ?? "")' closes nothing", at: token.span))
    }
    if previous.kind == .integer || previous.kind == .float, token.kind == .identifier {
      throw expected(
        "an operator or the end of the line",
        help: "write '*' for a product, ';' between statements")
    }
    throw expected(
      "an operator or the end of the line",
      help: token.kind == .identifier ? "statements on one line are separated by ';'" : nil)
  }

  /// `name` or `name: type`
  mutating func parseBinding(_ place: BindingPlace) throws(Recovery) -> Binding {
    guard token.kind == .identifier else {
      throw expected(
        place == .parameter ? "a parameter such as 'x: f64[n]'" : "a name", help: reservedNameHelp)
    }
    var binding = Binding(name: token.name, nameSpan: token.span)
    advance()
    if !isAtStatementEnd, take(.colon) {
      binding.type = try parseType(place)
    } else if place == .parameter {
      let name = source.text(binding.nameSpan)
      throw expected("':' and the type of '\(name)'", help: "write for example \(name): f64[n]")
    }
    return binding
  }

  mutating func parseType(_ place: BindingPlace) throws(Recovery) -> TypeSyntax {
    let start = token.span.start
    guard token.kind == .identifier, !(token.startsLine && openBrackets == 0) else {
      throw expected("a type", help: "the types are \(Parser.dtypeNames); a tensor is f64[n, d]")
    }
    let name = source.text(token.span)
    guard let dtype = DType(rawValue: name) else {
      let names = DType.allCases.map(\.rawValue)
      let meant = Parser.foreignTypes[name.lowercased()] ?? Suggestion.closest(to: name, in: names)
      throw fail(
        Diagnostic(
          "there is no type '\(name)'", at: token.span,
          help: meant.map { "did you mean '\($0)'?" } ?? "the types are \(Parser.dtypeNames)"))
    }
    advance()
    var type = TypeSyntax(dtype: dtype, extents: tree.store([ExprID]()))
    if token.kind == .leftBracket, !(token.startsLine && openBrackets == 0) {
      let extents = try list("after an extent", close: .rightBracket) {
        parser throws(Recovery) in
        if parser.token.kind == .question { return parser.parseUnknownExtent(place) }
        return try parser.parseExtent()
      }
      type.extents = tree.store(extents)
      if extents.isEmpty {
        let span = SourceSpan(start, previous.span.end)
        lexer.report(
          Diagnostic(
            "a type has at least one extent in its brackets", at: span,
            help: "a scalar is written \(name)"))
      }
    }
    type.span = SourceSpan(start, previous.span.end)
    return type
  }

  private static let dtypeNames = DType.allCases.map(\.rawValue).joined(separator: ", ")
  /// What other systems call the types.
  private static let foreignTypes = [
    "float": "f32", "float32": "f32", "single": "f32", "real": "f64", "double": "f64",
    "float64": "f64", "int": "i64", "int64": "i64", "long": "i64", "int32": "i32",
    "integer": "i64", "boolean": "bool",
  ]

  // MARK: Extents

  /// `?`
  private mutating func parseUnknownExtent(_ place: BindingPlace) -> ExprID {
    if place != .target {
      lexer.report(
        Diagnostic(
          "'?' is the extent only of what a loop without a bound yields", at: token.span,
          help: "write an extent; 'limit n' gives the loop a bound"))
    }
    advance()
    return tree.add(.unknownExtent, span: previous.span)
  }

  private mutating func parseExtent() throws(Recovery) -> ExprID {
    let first = tree.expressions.count
    let extent = try parseExpression()
    try checkExtents(first..<tree.expressions.count)
    return extent
  }

  /// `n >= 1`: a comparison of two extents.
  mutating func parseConstraint() throws(Recovery) -> ExprID {
    let first = tree.expressions.count
    let constraint = try parseExpression()
    if token.kind == .equals {
      throw expected("',' or '{' after a constraint", help: "'==' compares")
    }
    guard case .binary(let comparison, _, _) = tree[constraint].kind,
      comparison.precedence == .comparison
    else {
      let span = tree[constraint].span
      throw fail(
        Diagnostic(
          "a constraint compares two extents", at: span, help: "write for example n >= 1"))
    }
    try checkExtents(first..<(tree.expressions.count - 1))
    return constraint
  }

  /// Reports the first of some expressions that is not made of integers, symbols, `+ - * // %`,
  /// `min`, `max` and `broadcast`.
  private mutating func checkExtents(_ range: Range<Int>) throws(Recovery) {
    for expression in tree.expressions[range] {
      var help = "extents are made of integers, symbols, + - * // %, min, max and broadcast"
      switch expression.kind {
      case .integer, .name, .invalid, .unary(.negate, _): continue
      case .binary(.add, _, _), .binary(.subtract, _, _), .binary(.multiply, _, _),
        .binary(.floorDivide, _, _), .binary(.remainder, _, _):
        continue
      case .binary(.divide, _, _): help = "write '//' for floor division"
      case .call(let name, let arguments):
        let isNamed = tree[arguments].contains { $0.name != nil }
        if ["min", "max", "broadcast"].contains(lexer.names[name]), !isNamed { continue }
      default: break
      }
      throw fail(
        Diagnostic(
          "this cannot be part of an extent", at: expression.span, point: Int(expression.point),
          help: help))
    }
  }
}
