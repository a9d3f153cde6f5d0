// Conversions between element types, and constants.
import Graph

extension StableHLOElaborator {
  static let conversionRules: [String: HLORule] = {
    let constant = HLORule(0) { _, call in [try call.constant()] }
    return [
      "stablehlo.constant": constant, "chlo.constant": constant,
      "stablehlo.convert": HLORule(1) { _, call in
        [try call.converted(call.operandElement(0), to: call.element())]
      },
      "stablehlo.bitcast_convert": HLORule(1) { _, call in [try call.reinterpreted()] },
      "stablehlo.reduce_precision": HLORule(1) { _, call in
        let format = call.word(0, "format")
        let bits = [
          try call.integer("exponent_bits"), try call.integer("mantissa_bits"),
        ]
        let isWhole =
          format.map { $0 == (call.operands[0].dtype == .f32 ? "e8m23" : "e11m52") }
          ?? (bits == (call.operands[0].dtype == .f32 ? [8, 23] : [11, 52]))
        guard isWhole else {
          throw call.unsupported("to another format", help: "compute in f32 or f64")
        }
        return call.operands
      },
    ]
  }()
}

extension HLOCall {
  fileprivate func converted(
    _ source: MLIRType.Element, to target: MLIRType.Element
  ) throws -> Term {
    let x = operands[0]
    guard let dtype = target.storage else { throw unsupported("to \(target)") }
    if source.isUnsigned64, dtype.isFloat {
      // The top bit counts 2⁶⁴ less than it should.
      let y = x.converted(to: dtype)
      return choose(x < builder.integer(0), y + 0x1p64, y)
    }
    if target.isUnsigned64, x.dtype.isFloat {
      let isLarge = apply(.greaterEqual, x, x.literal(0x1p63))
      let low = choose(isLarge, x - 0x1p63, apply(.max, x, x.literal(0))).converted(to: .i64)
      return choose(isLarge, apply(.xor, low, builder.integer(.min)), low)
    }
    let y = x.converted(to: dtype)
    guard let kind = target.wholeNumbers else { return y }
    // Floats become the nearest number that there is; whole numbers wrap.
    return x.dtype.isFloat ? kind.clamped(y) : kind.wrapped(y)
  }

  /// The same bits as another type, as far as numbers tell bits.
  fileprivate func reinterpreted() throws -> Term {
    let (source, target) = (operandElement(0), try element())
    if source == target { return operands[0] }
    if let from = source.wholeNumbers, let to = target.wholeNumbers, from.bits == to.bits {
      return to.wrapped(from.unsigned(operands[0]).converted(to: to.storage))
    }
    if let format = FloatFormat(source), let to = target.wholeNumbers, to.bits == format.bits {
      return to.wrapped(format.bits(of: operands[0]).converted(to: to.storage))
    }
    if let from = source.wholeNumbers, let format = FloatFormat(target), from.bits == format.bits {
      return format.float(of: from.unsigned(operands[0]))
    }
    throw unsupported("of \(source) to \(target)")
  }
}
