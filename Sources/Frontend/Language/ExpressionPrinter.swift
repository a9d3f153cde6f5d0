// Expressions, types and lists as text, with as few parentheses as the operator table allows. The
// same printer serves the formatter and graphs that are printed. Works through a list of tasks,
// so that trees of any depth are printed without recursion.

extension SyntaxTree {
  /// An expression in one line.
  package func text(of expression: ExprID) -> String {
    var printer = ExpressionPrinter(self)
    printer.print(expression)
    var output: [UInt8] = []
    printer.layout.render(into: &output, column: 0, margin: 0, width: .max / 2)
    return String(decoding: output, as: UTF8.self)
  }
}

/// Writes parts of a syntax tree into a layout.
struct ExpressionPrinter {
  let tree: SyntaxTree
  var layout = Layout()
  /// Comments inside lists, by the list they stand in.
  var comments: [ListID: [Comment]] = [:]
  var tasks: [Task] = []

  /// A list with brackets in which comments can stand.
  enum ListID: Hashable {
    case expression(Int32)
    case parameters, results
    /// By the place of its brace.
    case block(Int32)
  }

  enum Spacing {
    /// `a * b + c^2`
    case normal
    /// `2*n + 1`
    case extent
    /// `x[i+1:]`
    case slice
  }

  enum Task {
    /// An expression whose operators are at least as tight as `minimum`, or it gets parentheses;
    /// `joins`: it continues a chain of operators of this precedence.
    case expression(ExprID, Spacing, minimum: Precedence, joins: Precedence?)
    case text(String)
    case comment(String)
    case lineBreak(spaces: Int, outdent: Bool)
    case begin(Layout.Style)
    case end
    /// The groups around it are broken.
    case mustBreak
    /// An empty line before the line that the next break begins.
    case blankLine
  }

  init(_ tree: SyntaxTree) { self.tree = tree }

  mutating func print(_ expression: ExprID) { print([whole(expression, .normal)]) }

  /// Works off tasks and those they give rise to.
  mutating func print(_ first: [Task]) {
    tasks = first.reversed()
    while let task = tasks.popLast() {
      switch task {
      case .text(let text): layout.text(text)
      case .comment(let text): layout.comment(text)
      case .lineBreak(let spaces, let outdent): layout.lineBreak(spaces: spaces, outdent: outdent)
      case .begin(let style): layout.begin(style)
      case .end: layout.end()
      case .mustBreak: layout.comment("")
      case .blankLine: layout.blankLine()
      case .expression(let id, let spacing, let minimum, let joins):
        if let parts = parts(of: id, spacing, minimum, joins) {
          tasks.append(contentsOf: parts.reversed())
        }
      }
    }
  }

  func whole(_ expression: ExprID, _ spacing: Spacing) -> Task {
    .expression(expression, spacing, minimum: .or, joins: nil)
  }

  /// What an expression consists of; what is a single word is written at once.
  private mutating func parts(
    of id: ExprID, _ spacing: Spacing, _ minimum: Precedence, _ joins: Precedence?
  ) -> [Task]? {
    let node = tree[id]
    switch node.kind {
    case .invalid: layout.text("`?`")
    case .integer(let value):
      writeNumber(digits(of: node) ?? "\(value.magnitude)", isNegative: value < 0, minimum)
    case .float(let value):
      let text = digits(of: node) ?? FloatSpelling.shortest(value.magnitude)
      writeNumber(text, isNegative: value.sign == .minus, minimum)
    case .bool(let value): layout.text(value ? "true" : "false")
    case .string(let run): layout.text(quoted(tree[run]))
    case .name(let name): layout.text(tree.names.spelling(of: name))
    case .unary(let unary, let operand):
      let tasks = unaryTasks(unary, operand, spacing)
      return minimum > .prefix ? parenthesized(tasks) : tasks
    case .binary(let binary, let left, let right):
      let isLoose = binary.precedence < minimum
      let tasks = binaryTasks(binary, left, right, spacing, joins: isLoose ? nil : joins)
      return isLoose ? parenthesized(tasks) : tasks
    case .call(let callee, let run): return callTasks(id, callee, tree[run])
    case .array(let run): return arrayTasks(id, tree[run])
    case .subscript(let base, let run): return subscriptTasks(id, base, tree[run])
    case .loop(let loop):
      let tasks = loopTasks(tree[loop])
      return minimum == .or && joins == nil ? tasks : parenthesized(tasks)
    case .choice(let choice):
      let tasks = choiceTasks(id, tree[choice])
      return minimum == .or && joins == nil ? tasks : parenthesized(tasks)
    case .solution(let solution):
      let tasks = solutionTasks(tree[solution])
      return minimum == .or && joins == nil ? tasks : parenthesized(tasks)
    case .custom(let custom):
      let tasks = customTasks(tree[custom])
      return minimum == .or && joins == nil ? tasks : parenthesized(tasks)
    case .unknownExtent: layout.text("?")
    }
    return nil
  }

  private func parenthesized(_ tasks: [Task]) -> [Task] { [.text("(")] + tasks + [.text(")")] }

  // MARK: Operators

  private func unaryTasks(
    _ unary: UnaryOperator, _ operand: ExprID, _ spacing: Spacing
  ) -> [Task] {
    let inner = Task.expression(operand, spacing, minimum: .prefix, joins: nil)
    // `-2` is a number, `-(2)` an operation.
    let isOnNumber = unary == .negate && isBareNumber(operand)
    return [.text(unary.spelling)] + (isOnNumber ? parenthesized([inner]) : [inner])
  }

  private func isBareNumber(_ id: ExprID) -> Bool {
    switch tree[id].kind {
    case .integer(let value): value >= 0
    case .float(let value): value.sign == .plus
    default: false
    }
  }

  private func binaryTasks(
    _ binary: BinaryOperator, _ left: ExprID, _ right: ExprID, _ spacing: Spacing,
    joins: Precedence?
  ) -> [Task] {
    let isTight =
      switch spacing {
      case .normal: binary == .power
      case .extent: binary == .power || binary == .multiply
      case .slice: binary.precedence > .comparison
      }
    // A prefix operator needs no parentheses on the right of any operator: 2^-x.
    let rightMinimum = min(binary.rightMinimum, .prefix)
    let first = Task.expression(
      left, spacing, minimum: binary.leftMinimum, joins: isTight ? nil : binary.precedence)
    let second = Task.expression(right, spacing, minimum: rightMinimum, joins: nil)
    if isTight { return [first, .text(binary.spelling), second] }
    let chain = [
      first, .text(" \(binary.spelling)"), .lineBreak(spaces: 1, outdent: false), second,
    ]
    return joins == binary.precedence ? chain : [.begin(.filled)] + chain + [.end]
  }

  // MARK: Words

  private mutating func writeNumber(_ text: String, isNegative: Bool, _ minimum: Precedence) {
    if isNegative, minimum > .prefix { return layout.text("(-\(text))") }
    layout.text(isNegative ? "-\(text)" : text)
  }

  /// A number as the file spells it, without its sign.
  private func digits(of node: Expr) -> String? {
    let span = SourceSpan(Int(node.point), node.span.end)
    return span.isEmpty ? nil : tree.source?.text(span)
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// How floats are written.
package enum FloatSpelling {
  /// The shortest text that is read back as exactly this value, always recognizable as a float.
  package static func shortest(_ value: Double) -> String {
    // Swift prints the shortest digits that round trip, but pads exponents: 1e-05, 1e+20.
    let text = value.description
    guard let mark = text.firstIndex(of: "e") else { return text }
    var exponent = text[text.index(after: mark)...]
    let isNegative = exponent.first == "-"
    exponent = exponent.drop { $0 == "-" || $0 == "+" || $0 == "0" }
    return text[..<mark] + (isNegative ? "e-" : "e") + exponent
  }
}
