// Calls of the runtime's functions.
import Graph
import Lowering

extension CFunction {
  mutating func write(_ call: KernelCall) {
    comment(call.notes)
    var arguments: [String] = []
    var types: [String] = []
    for argument in call.arguments {
      switch argument {
      case .integer(let e):
        arguments.append(index(e).text)
        types.append("int64_t")
      case .pointer(let buffer, let offset, let isWritten):
        usedBuffers.insert(buffer)
        arguments.append(
          offset.isZero
            ? bufferNames[buffer] : "\(bufferNames[buffer]) + \(index(offset).inside(.sum))")
        types.append(
          (isWritten ? "" : "const ") + "\(program.buffers[buffer].dtype.cType) *")
      }
    }
    let result = call.hasStatus ? "int" : "void"
    prototypes[call.function] = "\(result) \(call.function)(\(types.joined(separator: ", ")))"
    let text = "\(call.function)(\(arguments.joined(separator: ", ")))"
    guard let failing = call.failing else { return emit("\(text);") }
    lines += CLayout.broken(
      "if (\(text) != 0) return \(status(.noResult, failing));", indent: 2 * indent)
  }
}
