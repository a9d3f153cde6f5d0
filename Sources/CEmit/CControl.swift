// What is only in C for loops and conditionals of the graph: branches, stacks that grow, buffers that
// change places, checks.
import Graph
import Lowering

extension CFunction {
  mutating func write(_ branch: BranchStatement) {
    comment(branch.notes)
    guard let cases = branch.cases else {
      emit("if (\(expression(branch.selector).text)) {")
      nested(branch.bodies[0])
      if !branch.bodies[1].isEmpty {
        emit("} else {")
        nested(branch.bodies[1])
      }
      return emit("}")
    }
    emit("switch (\(expression(branch.selector).text)) {")
    for (k, body) in branch.bodies.enumerated() {
      emit(
        k < cases.count ? "case \(Scalar(cases[k], .i64).cLiteral): {" : "default: {")
      nested(body)
      indent += 1
      emit("break;")
      indent -= 1
      emit("}")
    }
    emit("}")
  }

  mutating func swap(_ a: Int, _ b: Int) {
    usedBuffers.formUnion([a, b])
    swappedBuffers.formUnion([a, b])
    let old = names.unique("old_\(bufferNames[a])")
    emit("\(program.buffers[a].dtype.cType) *const \(old) = \(bufferNames[a]);")
    emit("\(bufferNames[a]) = \(bufferNames[b]);")
    emit("\(bufferNames[b]) = \(old);")
  }

  mutating func grow(_ buffer: Int, _ rows: DimExpr, _ loop: Int) {
    guard case .stack(let number) = program.buffers[buffer].storage else { return }
    usedBuffers.insert(buffer)
    let (stack, width) = (program.buffers[buffer], program.buffers[buffer].dtype.byteCount)
    let needed = index(rows)
    let bytes = index(stack.shape.dropFirst().reduce(DimExpr(width), *)).text
    let given = "&stacks[\(number)], \(needed.text), \(bytes)"
    var call = "jg_stack_grow(\(given))"
    switch spelling {
    case .portable: prototypes["jg_stack_grow"] = "bool jg_stack_grow(jg_stack *, int64_t, int64_t)"
    case .jit, .native:
      usesMemory = true
      prototypes["jg_memory_grow"] = "bool jg_memory_grow(void *, void *, int64_t, int64_t)"
      call = "jg_memory_grow(memory_, \(given))"
    }
    emit(
      "if (stacks[\(number)].room < \(needed.inside(.shift)) && !\(call)) return "
        + "\(status(.memory, loop));")
    emit("\(bufferNames[buffer]) = stacks[\(number)].rows;")
  }

  /// What the function returns. Which loop it was is told to this process only.
  func status(_ status: CallStatus, _ loop: Int) -> Int32 {
    status.rawValue + (spelling.isForThisProcess ? Int32(loop) << 8 : 0)
  }

  mutating func write(_ check: RunCheck, _ loop: Int) {
    let status = status(check.status, loop)
    switch check {
    case .stepLimit(let steps):
      if spelling == .portable { return }
      usesStepLimit = true
      emit("if (\(index(steps).inside(.shift)) >= limit_) return \(status);")
    case .rows(let found, let needed):
      emit(
        "if (\(index(found).inside(.shift)) != \(index(needed).inside(.shift))) "
          + "return \(status);")
    }
  }
}
