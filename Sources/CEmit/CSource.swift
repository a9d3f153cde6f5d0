// What C around a function body needs to know of the program, for the JIT and for shipping alike.
import Graph
import Lowering

extension LoopProgram {
  var inputCount: Int {
    buffers.reduce(0) { if case .input = $1.storage { $0 + 1 } else { $0 } }
  }

  /// Buffers of inputs and outputs, in order.
  var parameters: [Int] { buffers.indices.filter { buffers[$0].isParameter } }

  /// A program with the same sizes and nothing to do.
  init(sizing program: LoopProgram) {
    self.init(
      name: program.name, symbols: program.symbols, buffers: [], locals: [], guards: [], body: [])
  }

  /// One program for each function that is to be made.
  var parts: [LoopProgram] {
    if partStarts.isEmpty { return [self] }
    let ends = partStarts.dropFirst() + [body.count]
    return zip(partStarts, ends).map { with(body: Array(body[$0..<$1])) }
  }

  func with(body: [Statement]) -> LoopProgram {
    var program = self
    program.body = body
    program.partStarts = []
    return program
  }
}

extension CFunction {
  /// Constant arrays, as file-level definitions.
  var tables: [String] {
    program.buffers.indices.compactMap { k in
      guard case .constant(let tensor) = program.buffers[k].storage, usedBuffers.contains(k)
      else { return nil }
      let elements = (0..<tensor.count).map { tensor[$0].cConstant }
      var lines: [String] = []
      var line = "  "
      for element in elements.isEmpty ? ["0"] : elements {
        if line.count + element.count > 96 {
          lines.append(line)
          line = "  "
        }
        line += (line == "  " ? "" : " ") + element + ","
      }
      lines.append(line)
      return "static const \(tensor.dtype.cType) \(bufferNames[k])[] = {\n"
        + lines.joined(separator: "\n") + "\n};"
    }
  }

  /// Sizes computed once. Complete when all else is written.
  var sizeDefinitions: [String] { hoistedLines.flatMap { CLayout.broken($0, indent: 2) } }

  /// The buffers of the workspace; what they compute of sizes is hoisted.
  mutating func workspacePointers() -> [String] {
    var pointers: [String] = []
    for (k, buffer) in program.buffers.enumerated() where usedBuffers.contains(k) {
      let type = buffer.dtype.cType
      switch buffer.storage {
      case .workspace(let offset):
        let place =
          offset.isZero ? "workspace" : "((char *)workspace + \(index(offset).inside(.sum)))"
        let constant = swappedBuffers.contains(k) ? "" : "const "
        pointers.append("  \(type) *\(constant)\(bufferNames[k]) = (\(type) *)\(place);")
      case .stack(let number):
        pointers.append("  \(type) *\(bufferNames[k]) = stacks[\(number)].rows;")
      case .input, .output, .constant: break
      }
    }
    return pointers
  }

  private func uses(_ isWanted: (Buffer.Storage) -> Bool) -> Bool {
    program.buffers.indices.contains {
      isWanted(program.buffers[$0].storage) && usedBuffers.contains($0)
    }
  }

  /// `(void)x;` for parameters that the body does not mention.
  func unusedParameters(sizes: Bool = false, stacks: Bool = false) -> [String] {
    var lines: [String] = []
    for symbol in program.symbols where sizes && !usedSymbols.contains(symbol) {
      lines.append("  (void)\(symbolNames[symbol] ?? "");")
    }
    for (k, buffer) in program.buffers.enumerated()
    where buffer.isParameter && !usedBuffers.contains(k) {
      lines.append("  (void)\(bufferNames[k]);")
    }
    if !uses({ if case .workspace = $0 { true } else { false } }) {
      lines.append("  (void)workspace;")
    }
    if stacks, !uses({ if case .stack = $0 { true } else { false } }) {
      lines.append("  (void)stacks;")
    }
    return lines
  }
}
