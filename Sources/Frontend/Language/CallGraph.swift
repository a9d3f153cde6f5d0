// Who calls whom in a file, decided before any function is elaborated: an order in which callees
// come first, which functions call themselves, and how much would be written if every call were
// written out. So a file cannot make the elaborator run for ever or exhaust its stack.
import Graph

/// The calls between the functions of a file.
struct CallGraph {
  /// All functions, each behind those it calls.
  private(set) var order: [Int] = []
  /// What is wrong with the calls, by the function they stand in.
  private(set) var mistakes: [Int: Diagnostic] = [:]
  /// Functions that cannot be written out: with a mistake, or calling one that has one.
  private var bad: Set<Int> = []

  /// Expressions that calls bring into one function at most.
  static let sizeLimit = 1 << 17
  /// Expressions that calls bring into all functions of a file.
  static let totalLimit = 1 << 20
  /// Levels of brackets, prefix operators, powers and calls inside one another.
  static let nestingLimit = 1000
  /// Levels that a call of a function of the file counts for: it takes more of the stack.
  static let callWeight = 10
  /// Levels that a loop or a conditional counts for.
  static let blockWeight = 3

  private struct Call {
    let callee: Int
    let span: SourceSpan
    let point: Int
    /// Levels around it.
    let level: Int
  }

  private struct Summary {
    var size = 0
    var nesting = 0
    var calls: [Call] = []
  }

  private let tree: SyntaxTree
  /// What can be called beside the catalog.
  private let operations: Set<String>
  private var summaries: [Summary]

  /// - Parameter functions: the index of the function that each name stands for.
  init(_ tree: SyntaxTree, _ functions: [NameID: Int], operations: Set<String> = []) {
    self.tree = tree
    self.operations = operations
    summaries = [Summary](repeating: Summary(), count: tree.functions.count)
    let hasCalls = tree.expressions.contains {
      if case .call(let name, _) = $0.kind { functions[name] != nil } else { false }
    }
    guard hasCalls || tree.functions.contains(where: { !$0.rules.isEmpty }) else {
      order = Array(tree.functions.indices)
      return
    }
    for index in tree.functions.indices { summarize(index, functions) }
    sort()
    measure()
  }

  /// Does `name`, called in this function, mean the function of the file? In its own body the name
  /// of a built-in function means that one.
  func isCall(of callee: Int, named name: String, in caller: Int) -> Bool {
    callee != caller
      || (Catalog.entry(named: name) == nil && DType(rawValue: name) == nil
        && !operations.contains(name))
  }

  private mutating func summarize(_ index: Int, _ functions: [NameID: Int]) {
    var pending = tree.functions[index].body.statements.reversed().map { ($0.value, 1) }
    while let (id, level) = pending.popLast() {
      summaries[index].size += 1
      summaries[index].nesting = max(summaries[index].nesting, level)
      switch tree[id].kind {
      case .invalid, .integer, .float, .bool, .string, .name, .unknownExtent: break
      case .unary(_, let operand): pending.append((operand, level + 1))
      case .binary(_, let left, let right):
        pending.append((right, level + 1))
        pending.append((left, level))
      case .call(let name, let arguments):
        if let callee = functions[name], isCall(of: callee, named: tree[name], in: index) {
          summaries[index].calls.append(
            Call(callee: callee, span: tree[id].span, point: Int(tree[id].point), level: level))
        }
        pending += tree[arguments].reversed().map { ($0.value, level + 1) }
      case .array(let elements): pending += tree[elements].reversed().map { ($0, level + 1) }
      case .subscript(let base, let items):
        for item in tree[items].reversed() {
          switch item.kind {
          case .index(let e): pending.append((e, level + 1))
          case .slice(let lower, let upper, let step):
            pending += [step, upper, lower].compactMap { $0 }.map { ($0, level + 1) }
          case .ellipsis: break
          }
        }
        pending.append((base, level))
      case .loop(let loop):
        pending += parts(of: tree[loop]).reversed().map { ($0, level + Self.blockWeight) }
      case .choice(let choice):
        let branches = tree[choice].branches.flatMap(\.expressions)
        pending += branches.reversed().map { ($0, level + Self.blockWeight) }
        pending.append((tree[choice].selector, level + 1))
      case .solution(let solution):
        let parts = [tree[solution].unknown.start] + tree[solution].body.expressions
        pending += parts.reversed().map { ($0, level + Self.blockWeight) }
      case .custom(let custom):
        let parts = tree[custom].header + tree[custom].blocks.flatMap(\.expressions)
        pending += parts.reversed().map { ($0, level + Self.blockWeight) }
      }
    }
    // The rules of a function are written out with it.
    for rule in tree.functions[index].rules {
      guard let callee = functions[rule.function] else { continue }
      summaries[index].calls.append(
        Call(callee: callee, span: rule.span, point: rule.span.start, level: 1))
    }
  }

  private func parts(of loop: LoopSyntax) -> [ExprID] {
    let condition: [ExprID] =
      switch loop.condition {
      case nil: []
      case .expression(let id): [id]
      case .block(let block): block.expressions
      }
    return loop.header + condition + loop.body.expressions
  }

  /// Depth first, callees before callers; a call of a function that is still open is recursive.
  private mutating func sort() {
    enum State { case new, open, done }
    var states = [State](repeating: .new, count: summaries.count)
    for root in summaries.indices where states[root] == .new {
      var path: [(function: Int, next: Int)] = [(root, 0)]
      states[root] = .open
      while let (function, next) = path.last {
        guard next < summaries[function].calls.count else {
          states[function] = .done
          order.append(function)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let call = summaries[function].calls[next]
        switch states[call.callee] {
        case .done: break
        case .new:
          states[call.callee] = .open
          path.append((call.callee, 0))
        case .open:
          let cycle = path.map(\.function).drop { $0 != call.callee } + [call.callee]
          report(
            function, call, "\(name(call.callee)) calls itself",
            notes: cycle.count > 2
              ? ["the calls are \(cycle.map { name($0) }.joined(separator: " → "))"] : [],
            help: "functions cannot be recursive")
        }
      }
    }
  }

  /// How large and how deep every function is with its calls written out. Behind the function with
  /// which the file becomes too large, none is left in the order.
  private mutating func measure() {
    var total = 0
    for (position, function) in order.enumerated() {
      if summaries[function].calls.contains(where: { bad.contains($0.callee) }) {
        bad.insert(function)
      }
      if bad.contains(function) { continue }
      var written = 0
      for call in summaries[function].calls {
        let callee = summaries[call.callee]
        written += callee.size
        total += callee.size
        summaries[function].nesting = max(
          summaries[function].nesting, call.level + Self.callWeight + callee.nesting)
        let note = "every function is written out where it is called"
        if summaries[function].nesting > Self.nestingLimit {
          report(
            function, call, "calls are nested more than \(Self.nestingLimit) levels deep",
            notes: [note])
          break
        }
        if written > Self.sizeLimit {
          report(
            function, call,
            "\(name(function)) becomes too large: more than \(Self.sizeLimit) expressions",
            notes: [note], help: "call \(name(call.callee)) less often")
          break
        }
        if total > Self.totalLimit {
          report(
            function, call, "the file becomes too large: more than \(Self.totalLimit) expressions",
            notes: [note])
          order.removeSubrange((position + 1)...)
          return
        }
      }
      summaries[function].size += written
    }
  }

  private mutating func report(
    _ function: Int, _ call: Call, _ message: String, notes: [String] = [], help: String? = nil
  ) {
    if mistakes[function] != nil { return }
    bad.insert(function)
    mistakes[function] = Diagnostic(
      message, at: call.span, point: call.point, notes: notes, help: help)
  }

  private func name(_ function: Int) -> String { tree[tree.functions[function].name] }
}
