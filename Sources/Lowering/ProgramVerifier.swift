// Checks a loop program between passes: everything is defined before it is used, in a block around
// the use, nothing writes to an input, and what leaves a loop stands in its body.
import Graph

extension LoopProgram {
  /// - Throws: `VerifierError` for the first thing that is wrong.
  package func verify(after pass: String) throws(VerifierError) {
    var checker = ProgramChecker(program: self, pass: pass)
    let ends = partStarts.isEmpty ? [body.count] : Array(partStarts.dropFirst()) + [body.count]
    var start = 0
    for end in ends {
      // Locals are defined anew in every part.
      try checker.check(body[start..<end], isLoopBody: false)
      checker.forgetAll()
      start = end
    }
  }
}

private struct ProgramChecker {
  let program: LoopProgram
  let pass: String
  private var locals: Set<Int> = []
  private var variables: Set<Int> = []
  private var indices: Set<Int> = []

  init(program: LoopProgram, pass: String) {
    self.program = program
    self.pass = pass
  }

  mutating func forgetAll() {
    locals = []
    variables = []
    indices = []
  }

  mutating func check(
    _ statements: ArraySlice<Statement>, isLoopBody: Bool
  ) throws(VerifierError) {
    for statement in statements {
      switch statement {
      case .define(let k, let e):
        try check(e)
        locals.insert(k)
      case .variable(let k, let e):
        try check(e)
        locals.insert(k)
        variables.insert(k)
      case .defineIndex(let k, let e):
        try check(e)
        indices.insert(k)
      case .assign(let k, let e):
        try check(e)
        if !variables.contains(k) { try fail("local \(k) is assigned and no variable") }
      case .store(let buffer, let offset, let e):
        try check(offset)
        try check(e)
        try checkWrite(buffer)
      case .loop(let loop):
        if let extent = loop.extent { try check(extent) }
        if loop.extent == nil && (loop.isDescending || !loop.body.hasExit) {
          try fail("a loop has no end")
        }
        let outside = (locals, variables, indices)
        indices.insert(loop.index)
        try check(loop.body[...], isLoopBody: true)
        (locals, variables, indices) = outside
      case .exit(let condition):
        if !isLoopBody { try fail("an exit stands where no loop is left") }
        try check(condition)
      case .branch(let branch):
        try check(branch.selector)
        if branch.bodies.count != (branch.cases?.count ?? 1) + 1 {
          try fail("a branch of \(branch.bodies.count) bodies does not fit its cases")
        }
        for body in branch.bodies {
          let outside = (locals, variables, indices)
          try check(body[...], isLoopBody: false)
          (locals, variables, indices) = outside
        }
      case .swap(let a, let b):
        try checkWrite(a)
        try checkWrite(b)
        let (first, second) = (program.buffers[a], program.buffers[b])
        guard case .workspace = first.storage, case .workspace = second.storage,
          first.dtype == second.dtype, first.shape == second.shape
        else {
          try fail("\(first.name) and \(second.name) cannot be swapped")
          break
        }
      case .grow(let buffer, let rows, let loop):
        try check(rows)
        try checkWrite(buffer)
        guard case .stack = program.buffers[buffer].storage else {
          try fail("\(program.buffers[buffer].name) grows and is no stack")
          break
        }
        if !program.stoppers.indices.contains(loop) { try fail("there is no loop \(loop)") }
      case .check(let condition, let loop):
        switch condition {
        case .stepLimit(let steps): try check(steps)
        case .rows(let found, let needed):
          try check(found)
          try check(needed)
        }
        if !program.stoppers.indices.contains(loop) { try fail("there is no loop \(loop)") }
      case .when(let conditions, let inner):
        try check(conditions)
        let outside = (locals, variables, indices)
        try check(inner[...], isLoopBody: false)
        (locals, variables, indices) = outside
      case .call(let call):
        if let failing = call.failing,
          !call.hasStatus || !program.stoppers.indices.contains(failing)
        {
          try fail("\(call.function) has no status that ends the program")
        }
        for argument in call.arguments {
          switch argument {
          case .integer(let e): try check(e)
          case .pointer(let buffer, let offset, let isWritten):
            try check(offset)
            if isWritten { try checkWrite(buffer) }
          }
        }
      }
    }
  }

  private func check(_ expression: Expression) throws(VerifierError) {
    var failure: VerifierError?
    expression.forEach { e in
      if failure != nil { return }
      do throws(VerifierError) {
        switch e {
        case .local(let k): if !locals.contains(k) { try fail("local \(k) is read and unknown") }
        case .index(let place, _): try check(place)
        case .load(let buffer, let offset):
          try check(offset)
          if !program.buffers.indices.contains(buffer) { try fail("there is no buffer \(buffer)") }
        case .clamp(_, _, let limit): try check(limit)
        case .conditional(let conditions, _, _): try check(conditions)
        case .literal, .apply, .convert: break
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func check(_ conditions: [IndexCondition]) throws(VerifierError) {
    for condition in conditions {
      try check(condition.lhs)
      try check(condition.rhs)
    }
  }

  private func check(_ e: DimExpr) throws(VerifierError) {
    var unknown: Int?
    e.forEachLeaf { if case .index(let k) = $0, !indices.contains(k) { unknown = k } }
    if let unknown { try fail("index \(unknown) is used outside of its loop, in \(e)") }
  }

  private func checkWrite(_ buffer: Int) throws(VerifierError) {
    guard program.buffers.indices.contains(buffer) else {
      return try fail("there is no buffer \(buffer)")
    }
    switch program.buffers[buffer].storage {
    case .input, .constant: try fail("the buffer \(program.buffers[buffer].name) is written to")
    case .output, .workspace, .stack: break
    }
  }

  private func fail(_ finding: String) throws(VerifierError) {
    throw VerifierError(pass: pass, finding)
  }
}

extension [Statement] {
  /// Can leave the loop whose body it is.
  fileprivate var hasExit: Bool {
    contains { if case .exit = $0 { true } else { false } }
  }
}
