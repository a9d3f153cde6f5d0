// One loop program as the body of one C function: names, statements, notes for readers. What stands
// around the body (signature, prototypes, headers) is CSource's.
import Graph
import Lowering

/// A function body being written.
struct CFunction {
  let program: LoopProgram
  var names = CNames()
  var lines: [String] = []
  var indent = 1

  var bufferNames: [String] = []
  /// Inputs of one number that are read more than once: the local that holds it.
  var scalarNames: [Int: String] = [:]
  /// One a local; `nil` for those of other parts.
  private var localNames: [String?]
  var indexNames: [Int: String] = [:]
  var symbolNames: [String: String] = [:]
  /// Size expressions computed at the top, and their definitions in order.
  var hoisted: [DimExpr.Atom: String] = [:]
  var hoistedLines: [String] = []
  var usedBuffers: Set<Int> = []
  var usedSymbols: Set<String> = []
  var usesStepLimit = false
  var usesMemory = false
  /// Buffers that change places.
  var swappedBuffers: Set<Int> = []
  /// What the loops access, where that gets pointers.
  private(set) var accesses = LoopAccesses()
  /// Places in buffers that have a pointer of their own, in the loops around.
  var rows: [CRow] = []
  /// The functions that are called, with their prototypes.
  var prototypes: [String: String] = [:]
  /// The arrays of a strip's length, by name, and how many of each dtype are in use here.
  var registers: [StripRegister: String] = [:]
  var registersInUse: [DType: Int] = [:]
  /// How the element of a register is written in the loop over a strip.
  var registerElements: [Int: String] = [:]
  /// Functions that operations of a user bring with them, by name.
  var definitions: [String: String] = [:]
  /// Loops that threads share, as functions that stand in front of this one.
  var sharedLoops: [String] = []
  /// The loop of which this function makes some steps, if it is one of those.
  let ownLoop: Int?
  /// Where the terms of a sum go that is added up when all steps are made.
  var terms: [Int: String] = [:]
  /// What the names of functions begin with that stand in front of this one.
  let prefix: String

  /// Buffers that keep their names free for others, because nothing mentions them.
  private let unused: Set<Int>

  /// The function as it is shipped: names are given to what is used only.
  init(shipping program: LoopProgram) {
    let draft = CFunction(program)
    self.init(program, unused: Set(program.buffers.indices).subtracting(draft.usedBuffers))
  }

  let spelling: Spelling

  enum Spelling {
    /// For libtcc and this process.
    case jit
    /// For the compiler of the system and this process.
    case native
    /// To be shipped.
    case portable

    /// Which loop a check is of is told to this process only; it alone has a limit of steps.
    var isForThisProcess: Bool { self != .portable }
  }

  init(
    _ program: LoopProgram, unused: Set<Int> = [], spelling: Spelling = .portable,
    prefix: String = ""
  ) {
    self.init(named: program, unused, spelling, prefix, ownLoop: nil)
    write(program.body)
  }

  /// Some steps of a loop that threads share: the only statement of the program.
  ///
  /// - Parameter given: locals and index variables from outside that the steps read.
  init(steps program: LoopProgram, of loop: Int, given: GivenNames, spelling: Spelling) {
    var touched: Set<Int> = []
    for statement in program.body {
      statement.forEachBuffer { buffer, _ in touched.insert(buffer) }
    }
    self.init(
      named: program, Set(program.buffers.indices).subtracting(touched), spelling, "", ownLoop: loop
    )
    for k in given.locals { localNames[k] = names.unique(program.locals[k].name ?? "t") }
    for k in given.indices { indexNames[k] = names.unique(program.indexNames[k] ?? "at") }
    write(program.body)
  }

  /// The names, and nothing written yet.
  private init(
    named program: LoopProgram, _ unused: Set<Int>, _ spelling: Spelling, _ prefix: String,
    ownLoop: Int?
  ) {
    self.program = program
    self.spelling = spelling
    self.unused = unused
    self.prefix = prefix
    self.ownLoop = ownLoop
    localNames = [String?](repeating: nil, count: program.locals.count)
    if spelling.isForThisProcess { accesses = LoopAccesses(program.body) }
    for symbol in program.symbols { symbolNames[symbol] = names.unique(symbol) }
    nameParameters()
    nameOthers()
    readScalars()
  }

  func isScalar(_ buffer: Int) -> Bool { program.buffers[buffer].shape.isEmpty }

  // MARK: - Names

  /// Inputs and outputs keep their names before anything else gets one.
  private mutating func nameParameters() {
    bufferNames = [String](repeating: "", count: program.buffers.count)
    for (k, buffer) in program.buffers.enumerated() where buffer.isParameter {
      bufferNames[k] = names.unique(buffer.name)
    }
  }

  private mutating func nameOthers() {
    names.beginKind()
    for (k, buffer) in program.buffers.enumerated()
    where !buffer.isParameter && !unused.contains(k) {
      bufferNames[k] = names.unique(buffer.name, or: "_values")
    }
    names.beginKind()
    // Loops of one depth share a name. What is defined in a loop is seen only there, so that its
    // name is free behind it; names of the function itself are never hidden.
    let letters = ["i", "j", "k", "l"]
    let loopNames = (0..<Self.loopDepth(program.body)).map {
      names.unique($0 < letters.count ? letters[$0] : "i\($0)")
    }
    nameDefinitions(program.body)
    nameLoops(program.body, loopNames[...])
    names.endScopes()
  }

  private static func loopDepth(_ statements: [Statement]) -> Int {
    statements.reduce(0) { depth, statement in
      switch statement {
      case .loop(let loop): max(depth, 1 + loopDepth(loop.body))
      case .when(_, let inner): max(depth, loopDepth(inner))
      case .branch(let branch): branch.bodies.reduce(depth) { max($0, loopDepth($1)) }
      default: depth
      }
    }
  }

  /// Names what statements define, apart from what is inside loops.
  private mutating func nameDefinitions(_ statements: [Statement]) {
    for statement in statements {
      switch statement {
      case .define(let k, _), .variable(let k, _):
        let name = program.locals[k].name
        localNames[k] = names.unique(name ?? "t", or: name == nil ? nil : "_value")
      case .defineIndex(let k, _): indexNames[k] = names.unique(program.indexNames[k] ?? "at")
      case .when(_, let inner): nameDefinitions(inner)
      case .branch(let branch): for body in branch.bodies { nameDefinitions(body) }
      default: break
      }
    }
  }

  private mutating func nameLoops(_ statements: [Statement], _ loopNames: ArraySlice<String>) {
    for statement in statements {
      switch statement {
      case .loop(let loop):
        indexNames[loop.index] = loopNames.first
        let start = names.mark
        nameDefinitions(loop.body)
        nameLoops(loop.body, loopNames.dropFirst())
        names.release(to: start)
      case .when(_, let inner): nameLoops(inner, loopNames)
      case .branch(let branch): for body in branch.bodies { nameLoops(body, loopNames) }
      default: break
      }
    }
  }

  /// Reads inputs of one number into locals, unless a single statement that runs once reads them.
  private mutating func readScalars() {
    var reads = [Int](repeating: 0, count: program.buffers.count)
    func count(_ e: Expression, _ weight: Int) {
      switch e {
      case .load(let buffer, _): reads[buffer] += weight
      case .apply(_, _, let operands): for operand in operands { count(operand, weight) }
      case .local, .literal, .index: break
      case .convert, .conditional, .clamp:
        e.forEach { if case .load(let buffer, _) = $0 { reads[buffer] += weight } }
      }
    }
    func count(_ statements: [Statement], _ weight: Int) {
      for statement in statements {
        if let e = statement.expression { count(e, weight) }
        switch statement {
        // A function of its own reads for itself.
        case .loop(let loop): if !isShared(loop) { count(loop.body, 2) }
        case .when(_, let inner): count(inner, weight)
        case .branch(let branch): for body in branch.bodies { count(body, weight) }
        case .define, .defineIndex, .variable, .assign, .store, .call, .exit, .swap, .grow, .check:
          break
        }
      }
    }
    count(program.body, 1)
    for (k, buffer) in program.buffers.enumerated() where isScalar(k) && reads[k] > 1 {
      guard case .input = buffer.storage else { continue }
      let name = names.unique(buffer.name + "_value")
      emit("const \(buffer.dtype.cType) \(name) = *\(bufferNames[k]);")
      scalarNames[k] = name
    }
  }

  /// The name of a local, or of the register that a number below 0 stands for.
  func name(ofLocal k: Int) -> String {
    (k < 0 ? registerElements[k] : localNames[k]) ?? "0"
  }

  // MARK: - Statements

  mutating func emit(_ text: String) {
    var line = CLine(indent: 2 * indent)
    line.append(text)
    emit(line)
  }

  /// A line with its margin.
  private mutating func emit(_ line: CLine) {
    // No compiler minds long lines.
    if spelling.isForThisProcess || line.count <= CLayout.width {
      lines.append(line.text)
    } else {
      lines += CLayout.broken(line.text(behind: 2 * indent), indent: 2 * indent)
    }
  }

  private mutating func write(_ statements: [Statement]) {
    var rest = statements[...]
    while let statement = rest.first {
      guard let condition = statement.condition else {
        write(statement)
        rest.removeFirst()
        continue
      }
      // Variables that change under one condition, and keep their values without it.
      let changes = rest.prefix { $0.condition == condition }
      emit("if (\(expression(condition).text)) {")
      indent += 1
      for case .assign(let k, .apply(_, _, let operands)) in changes {
        emit("\(name(ofLocal: k)) = \(expression(operands[1]).text);")
      }
      indent -= 1
      emit("}")
      rest = rest.dropFirst(changes.count)
    }
  }

  private mutating func write(_ statement: Statement) {
    switch statement {
    case .define(let k, let e): define(k, "const ", e)
    case .defineIndex(let k, let e):
      emit("const int64_t \(indexNames[k] ?? "0") = \(expression(e).text);")
    case .variable(let k, let e): define(k, "", e)
    case .assign(let k, .apply(.add, _, let operands)) where terms[k] != nil:
      emit("\(terms[k] ?? "") = \(expression(operands[1]).text);")
    case .assign(let k, let e): assign(e, to: .local(k))
    case .store(let buffer, let offset, let e): assign(e, to: .load(buffer: buffer, offset: offset))
    case .loop(let loop): write(loop)
    case .when(let conditions, let inner):
      emit("if (\(self.conditions(conditions).text)) {")
      nested(inner)
      emit("}")
    case .call(let call): write(call)
    case .exit(let condition): emit("if (\(negated(expression(condition)))) break;")
    case .branch(let branch): write(branch)
    case .swap(let a, let b): swap(a, b)
    case .grow(let buffer, let rows, let loop): grow(buffer, rows, loop)
    case .check(let check, let loop): write(check, loop)
    }
  }

  mutating func nested(_ statements: [Statement], deeper levels: Int = 1) {
    indent += levels
    write(statements)
    indent -= levels
  }

  private func negated(_ condition: CText) -> String { "!\(condition.inside(.unary))" }

  /// `const double x = e;`
  private mutating func define(_ local: Int, _ qualifier: String, _ e: Expression) {
    var line = CLine(indent: 2 * indent)
    line.append(qualifier)
    line.append(program.locals[local].dtype.cType)
    line.append(" ")
    line.append(name(ofLocal: local))
    line.append(" = ")
    write(e, to: &line)
    line.append(";")
    emit(line)
  }

  /// `target = e;`, or `target += x;` where e adds to what is there.
  private mutating func assign(_ e: Expression, to target: Expression) {
    var line = CLine(indent: 2 * indent)
    write(target, to: &line)
    if case .apply(let f, let dtype, let operands) = e, operands.count == 2,
      case .infix(let symbol)? = f.spelling.form(for: dtype), !f.isPredicate, dtype != .bool,
      operands[0] == target
    {
      line.append(" \(symbol)= ")
      write(operands[1], to: &line)
    } else {
      line.append(" = ")
      write(e, to: &line)
    }
    line.append(";")
    emit(line)
  }

  private mutating func write(_ loop: LoopStatement) {
    if isShared(loop) { return share(loop) }
    let known = rows.count
    if spelling.isForThisProcess { pointToRows(of: loop) }
    defer { rows.removeSubrange(known...) }
    if ownLoop == loop.index { keepTerms(of: loop) }
    let strips = spelling.isForThisProcess ? writeInStrips(loop) : .stepByStep
    if strips == .written { return }
    comment(loop.notes)
    if strips == .sweep && !sums(loop.body) { emit(Self.independent) }
    let name = indexNames[loop.index] ?? "0"
    var body = loop.body
    var conditions: [String] = []
    if let extent = loop.extent, !loop.isDescending {
      conditions.append("\(name) < \(end(of: loop, extent).inside(.shift))")
    }
    if loop.isDescending { conditions.append("\(name) >= 0") }
    // An exit before anything else is part of the loop's head.
    if case .exit(let condition)? = body.first {
      let text = expression(condition)
      conditions.append(conditions.isEmpty ? text.text : text.inside(.equality))
      body.removeFirst()
    }
    if loop.extent == nil && !readsIndex(loop.index, loop.body) {
      emit("while (\(conditions.first ?? "true")) {")
    } else {
      let start =
        loop.isDescending ? loop.extent.map { index($0 - 1).text } ?? "0" : begin(of: loop)
      emit(
        "for (int64_t \(name) = \(start);\(conditions.isEmpty ? "" : " ")"
          + "\(conditions.joined(separator: " && ")); \(name)\(loop.isDescending ? "--" : "++")) {")
    }
    indent += 1
    if spelling.isForThisProcess { pointToPlaces(of: loop) }
    write(body)
    indent -= 1
    emit("}")
  }

  private func readsIndex(_ wanted: Int, _ statements: [Statement]) -> Bool {
    var found = false
    for statement in statements {
      statement.forEach {
        // The limit of steps is no matter where there is none.
        if case .check(.stepLimit, _) = $0, spelling == .portable { return }
        $0.forEachOwnRead { _, index in if index == wanted { found = true } }
      }
    }
    return found
  }
}

extension Statement {
  /// The local that says whether a variable changes: `x = c ? new : x`.
  fileprivate var condition: Expression? {
    guard case .assign(let k, .apply(.select, _, let operands)) = self,
      operands[2].isSame(as: .local(k)), case .local(let condition) = operands[0], condition != k
    else { return nil }
    return operands[0]
  }
}

extension Expression {
  fileprivate func isSame(as target: Expression) -> Bool {
    switch (self, target) {
    case (.local(let a), .local(let b)): a == b
    case (.load(let a, let x), .load(let b, let y)): a == b && x == y
    default: false
    }
  }
}
