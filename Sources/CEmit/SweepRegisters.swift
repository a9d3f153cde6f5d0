// The registers of a list of sweeps and calls: each is written once, and has a number of its own until
// those are shared that are never needed at once.
import Graph
import Lowering

extension [StripStep] {
  /// Gives registers that are never needed at once the same number.
  /// - Parameter base: how many of each dtype loops around have.
  /// - Returns: how many of each dtype there are then.
  mutating func shareRegisters(above base: [DType: Int]) -> [DType: Int] {
    var depth: [DType: Int] = [:]
    var lastUse: [StripRegister: Int] = [:]
    for (k, step) in enumerated() { for register in step.registers { lastUse[register] = k } }
    var free: [DType: [Int]] = [:]
    var numbers: [StripRegister: StripRegister] = [:]
    for (k, step) in enumerated() {
      let mentioned = step.registers
      // A kernel may write where it reads; a sweep may not.
      let isKernel = if case .kernel = step { true } else { false }
      func release() {
        for register in mentioned where lastUse[register] == k {
          lastUse[register] = nil
          if let old = numbers[register] { free[old.dtype, default: []].append(old.number) }
        }
      }
      if isKernel { release() }
      for register in mentioned where numbers[register] == nil {
        let dtype = register.dtype
        let number = free[dtype]?.popLast() ?? depth[dtype] ?? base[dtype] ?? 0
        depth[dtype] = Swift.max(depth[dtype] ?? 0, number + 1)
        numbers[register] = StripRegister(dtype: dtype, number: number)
      }
      if !isKernel { release() }
    }
    self = map { $0.renumbered { numbers[$0] ?? $0 } }
    return depth
  }
}

extension StripStep {
  /// Those it reads or writes, each once, in order.
  fileprivate var registers: [StripRegister] {
    var found: [StripRegister] = []
    _ = renumbered {
      if !found.contains($0) { found.append($0) }
      return $0
    }
    return found
  }

  fileprivate func renumbered(_ number: (StripRegister) -> StripRegister) -> StripStep {
    func expression(_ e: Expression) -> Expression {
      e.mapLeaves { leaf in
        guard case .local(let k) = leaf, let register = StripPlan.register(of: k) else {
          return leaf
        }
        return .local(StripPlan.local(of: number(register)))
      }
    }
    func source(_ source: StripSource) -> StripSource {
      if case .register(let register) = source { .register(number(register)) } else { source }
    }
    switch self {
    case .sweep(let items):
      return .sweep(
        items.map { item in
          switch item {
          case .statement(let statement):
            .statement(statement.expression.map { statement.with(expression($0)) } ?? statement)
          case .fill(let register, let e): .fill(number(register), expression(e))
          }
        })
    case .kernel(let name, let target, let operands):
      let place: StripTarget =
        if case .register(let register) = target { .register(number(register)) } else { target }
      return .kernel(name, place, operands.map { (source: source($0.source), dtype: $0.dtype) })
    case .fold(let name, let k, let dtype, let sources):
      return .fold(name, local: k, dtype, sources.map(source))
    }
  }
}
