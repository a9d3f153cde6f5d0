// Operations on the bits of integers of any width.
import Graph

extension StableHLOElaborator {
  static let bitRules: [String: HLORule] = [
    "stablehlo.shift_left": HLORule(2) { _, call in
      [try call.wrapped(apply(.shiftLeft, call.operands[0], call.operands[1]))]
    },
    "stablehlo.shift_right_logical": HLORule(2) { _, call in
      let kind = try call.wholeNumbers()
      return [kind.shiftedDown(call.operands[0], by: call.operands[1])]
    },
    "stablehlo.shift_right_arithmetic": HLORule(2) { _, call in
      let kind = try call.wholeNumbers()
      let signed = WholeNumbers(bits: kind.bits, isSigned: true)
      let x =
        kind.isSigned || kind.bits == 64 ? call.operands[0] : signed.extended(call.operands[0])
      return [kind.wrapped(apply(.shiftRight, x, call.operands[1]))]
    },
    "stablehlo.popcnt": HLORule(1) { _, call in
      let kind = try call.wholeNumbers()
      return [kind.unsigned(call.operands[0]).bitCount.converted(to: kind.storage)]
    },
    "stablehlo.count_leading_zeros": HLORule(1) { _, call in
      let kind = try call.wholeNumbers()
      // Ones from the highest bit down; what is left over are the zeros above it.
      let wide = WholeNumbers(bits: 64, isSigned: true)
      var x = kind.unsigned(call.operands[0])
      for shift in [1, 2, 4, 8, 16, 32] {
        x = apply(.or, x, wide.shiftedDown(x, by: x.builder.integer(Int64(shift))))
      }
      let count = x.builder.integer(Int64(kind.bits)) - x.bitCount
      return [count.converted(to: kind.storage)]
    },
  ]
}

extension HLOCall {
  fileprivate func wholeNumbers() throws -> WholeNumbers {
    guard let kind = operandElement(0).wholeNumbers else {
      throw TypeRuleError("needs integers, found \(operands[0].type)")
    }
    return kind
  }
}

extension WholeNumbers {
  /// ⌊a / 2ᵇ⌋ of the bits as an unsigned number.
  func shiftedDown(_ a: Term, by b: Term) -> Term {
    let builder = a.builder
    if bits < 64 {
      let shifted = apply(.shiftRight, unsigned(a), b.converted(to: .i64))
      // Fewer bits are left than the width, or all of them.
      return (isSigned ? shifted.converted(to: .i32) : shifted).converted(to: storage)
        .asSigned(self)
    }
    // The top b bits are cleared; a shift by 64 gives 0, so that b = 0 clears none. All are where b
    // is 64 or more, or negative as a signed number.
    let mask = apply(
      .not, apply(.shiftLeft, builder.integer(-1), builder.integer(64) - b))
    let isInside = apply(.lessEqual, builder.integer(0), b) & apply(.less, b, builder.integer(64))
    return choose(isInside, apply(.and, apply(.shiftRight, a, b), mask), 0)
  }

  /// The bits as a number from 0 on, in i64; those of 64 bits stay.
  func unsigned(_ a: Term) -> Term {
    if bits == 64 || !isSigned { return a }
    return WholeNumbers(bits: bits, isSigned: false).wrapped(a.converted(to: .i64))
  }

  /// The low bits with their sign, in i64.
  func extended(_ a: Term) -> Term { wrapped(a.converted(to: .i64)) }
}

extension Term {
  /// Low bits of a narrow signed type with their sign.
  fileprivate func asSigned(_ kind: WholeNumbers) -> Term {
    kind.isSigned ? kind.wrapped(self) : self
  }

  /// How many bits of an i64 are 1, counted in ever larger groups.
  fileprivate var bitCount: Term {
    func number(_ value: Int64) -> Term { builder.integer(value) }
    func down(_ x: Term, _ shift: Int64) -> Term { apply(.shiftRight, x, number(shift)) }
    let pairs = self - apply(.and, down(self, 1), number(0x5555_5555_5555_5555))
    let low = number(0x3333_3333_3333_3333)
    let fours = apply(.and, pairs, low) + apply(.and, down(pairs, 2), low)
    let bytes = apply(.and, fours + down(fours, 4), number(0x0F0F_0F0F_0F0F_0F0F))
    return apply(.and, down(bytes * number(0x0101_0101_0101_0101), 56), number(0xFF))
  }
}
