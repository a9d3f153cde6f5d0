// The canonical layout of a syntax tree: what stands on a line of its own, blank lines, and where
// comments go. Lines are broken by Layout.swift. Numbers keep their spelling; what a tree that was
// made otherwise holds is spelled canonically.

extension SyntaxTree {
  /// The tree as the text of a graph file. Formatting that again changes nothing, and parsing it
  /// gives an equal tree.
  /// - Precondition: the tree has no mistakes; an `.invalid` expression is printed as a name.
  package func formatted(width: Int = 100) -> String {
    var formatter = SourceFormatter(self, width: width)
    formatter.writeFile()
    return String(decoding: formatter.output, as: UTF8.self)
  }
}

struct SourceFormatter {
  private let tree: SyntaxTree
  private let width: Int
  private var printer: ExpressionPrinter
  private(set) var output: [UInt8] = []
  /// The comments up to here have been written.
  private var nextComment = 0
  /// Where in the file that ends which was written last.
  private var lastEnd = 0
  private var blankLine = BlankLine.never
  /// A statement's expressions are neighbours; the next statement's begin here or later.
  private var nextExpression = 0

  /// What precedes the next line.
  private enum BlankLine {
    case never, always
    /// A blank line if the file has one or more there.
    case kept
  }

  init(_ tree: SyntaxTree, width: Int) {
    self.tree = tree
    self.width = width
    printer = ExpressionPrinter(tree)
  }

  mutating func writeFile() {
    writeComments(before: tree.versionSpan.start, margin: 0)
    beginLine(at: tree.versionSpan.start, margin: 0)
    write("jitgrad \(tree.version)")
    endLine(at: tree.versionSpan.end, before: tree.functions.first?.span.start ?? .max)
    for (index, function) in tree.functions.enumerated() {
      blankLine = .always
      let next = index + 1 < tree.functions.count ? tree.functions[index + 1].span.start : Int.max
      write(function, before: next)
    }
    if nextComment < tree.comments.count, !tree.functions.isEmpty { blankLine = .always }
    writeComments(before: .max, margin: 0)
  }

  private mutating func write(_ function: FunctionSyntax, before next: Int) {
    let body = function.body
    writeComments(before: function.span.start, margin: 0)
    placeComments(before: body.span.start, margin: 0) { comment in
      let start = comment.span.start
      if function.parameterSpan.contains(start) { return .parameters }
      return function.resultSpan.contains(start) ? .results : nil
    }
    beginLine(at: function.span.start, margin: 0)
    for rule in function.rules {
      let name = tree.names.spelling(of: rule.function)
      write("@\(rule.kind.rawValue)(\(name)\(rule.isUnchecked ? ", unchecked" : ""))\n")
    }
    var tasks: [ExpressionPrinter.Task] = [
      .text("func \(tree.names.spelling(of: function.name))")
    ]
    tasks += printer.bindingList(.parameters, function.parameters)
    tasks.append(.text(" -> "))
    tasks += printer.bindingList(.results, function.results)
    if !function.constraints.isEmpty {
      // Two groups: the line must not align with the body.
      tasks += [.begin(.filled), .begin(.filled), .lineBreak(spaces: 1, outdent: false)]
      tasks.append(.text("where "))
      for (index, constraint) in function.constraints.enumerated() {
        if index > 0 { tasks += [.text(","), .lineBreak(spaces: 1, outdent: false)] }
        tasks.append(printer.whole(constraint, .extent))
      }
      tasks += [.end, .end]
    }
    write(tasks + [.text(" {")], margin: 0)
    let statements = body.statements
    endLine(at: body.span.start + 1, before: statements.first?.span.start ?? body.span.end)
    blankLine = .never
    for (index, statement) in statements.enumerated() {
      let isLast = index + 1 == statements.count
      write(statement, before: isLast ? body.span.end : statements[index + 1].span.start)
    }
    writeComments(before: body.span.end, margin: 2)
    write("}")
    endLine(at: body.span.end, before: next)
  }

  private mutating func write(_ statement: Statement, before next: Int) {
    writeComments(before: statement.span.start, margin: 2)
    let behind = Int(statement.value.index) + 1
    if hasComment(before: statement.span.end) {
      var lists = CommentLists(in: tree, nextExpression..<max(nextExpression, behind))
      placeComments(before: statement.span.end, margin: 2) { lists.innermost(around: $0) }
    }
    nextExpression = behind
    beginLine(at: statement.span.start, margin: 2)
    write(printer.statementTasks(statement), margin: 2)
    endLine(at: statement.span.end, before: next)
  }

  // MARK: Comments

  private func hasComment(before end: Int) -> Bool {
    nextComment < tree.comments.count && tree.comments[nextComment].span.start < end
  }

  /// Comments on lines of their own.
  private mutating func writeComments(before end: Int, margin: Int) {
    while hasComment(before: end) {
      writeLine(tree.comments[nextComment], margin: margin)
      nextComment += 1
    }
  }

  private mutating func writeLine(_ comment: Comment, margin: Int) {
    beginLine(at: comment.span.start, margin: margin)
    write(printer.text(of: comment))
    output.append(0x0A)
    lastEnd = comment.span.end
    blankLine = .kept
  }

  /// Gives the comments inside a construct to the lists they stand in; those that stand in none
  /// are written before it.
  private mutating func placeComments(
    before end: Int, margin: Int, list: (Comment) -> ExpressionPrinter.ListID?
  ) {
    printer.comments.removeAll()
    while hasComment(before: end) {
      let comment = tree.comments[nextComment]
      nextComment += 1
      if let list = list(comment) {
        printer.comments[list, default: []].append(comment)
      } else {
        writeLine(comment, margin: margin)
      }
    }
  }

  // MARK: Lines

  private mutating func beginLine(at start: Int, margin: Int) {
    switch blankLine {
    case .never: break
    case .always: output.append(0x0A)
    case .kept: if hasBlankLine(before: start) { output.append(0x0A) }
    }
    output.append(contentsOf: repeatElement(0x20, count: margin))
  }

  /// Ends a line whose text ends at `end` in the file, behind a comment that stands there.
  private mutating func endLine(at end: Int, before next: Int) {
    lastEnd = end
    if let source = tree.source, nextComment < tree.comments.count {
      let comment = tree.comments[nextComment]
      if comment.span.start < next, source.line(at: comment.span.start) == source.line(at: end) {
        write("  " + printer.text(of: comment))
        nextComment += 1
        lastEnd = comment.span.end
      }
    }
    output.append(0x0A)
    blankLine = .kept
  }

  private func hasBlankLine(before start: Int) -> Bool {
    guard let source = tree.source, lastEnd < start else { return false }
    return source.bytes[lastEnd..<start].count { $0 == 0x0A } > 1
  }

  private mutating func write(_ text: String) { output.append(contentsOf: text.utf8) }

  private mutating func write(_ tasks: [ExpressionPrinter.Task], margin: Int) {
    printer.layout.removeAll()
    printer.print(tasks)
    printer.layout.render(into: &output, column: margin, margin: margin, width: width)
  }
}

/// The calls, arrays, subscripts, switches and blocks that comments inside a statement stand in.
private struct CommentLists {
  private struct Brackets {
    let id: ExpressionPrinter.ListID
    let start: Int
    let end: Int
  }

  /// By start; of those that begin together the outer one first.
  private let brackets: [Brackets]
  private var next = 0
  /// Those that are open where the last comment stood, outermost first.
  private var open: [Brackets] = []

  init(in tree: SyntaxTree, _ range: Range<Int>) {
    var found: [Brackets] = []
    for index in range {
      let node = tree.expressions[index]
      func add() {
        found.append(
          Brackets(id: .expression(Int32(index)), start: Int(node.point), end: node.span.end))
      }
      func add(_ block: Block) {
        found.append(
          Brackets(
            id: .block(Int32(block.span.start)), start: block.span.start, end: block.span.end))
      }
      switch node.kind {
      case .call, .array, .subscript: add()
      case .loop(let loop): tree[loop].blocks.forEach(add)
      case .solution(let solution): add(tree[solution].body)
      case .custom(let custom): tree[custom].blocks.forEach(add)
      case .choice(let choice):
        if tree[choice].cases != nil { add() }
        for block in tree[choice].branches.dropLast(tree[choice].isChained ? 1 : 0) { add(block) }
      default: break
      }
    }
    brackets = found.sorted { ($0.start, $1.end) < ($1.start, $0.end) }
  }

  /// - Precondition: called for comments in the order of the file.
  mutating func innermost(around comment: Comment) -> ExpressionPrinter.ListID? {
    let place = comment.span.start
    while next < brackets.count, brackets[next].start < place {
      while let last = open.last, last.end <= brackets[next].start { open.removeLast() }
      open.append(brackets[next])
      next += 1
    }
    while let last = open.last, last.end <= place { open.removeLast() }
    return open.last?.id
  }
}
