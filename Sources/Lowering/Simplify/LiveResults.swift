// Which results of loops and conditionals anybody needs, and what these need inside: a carried value
// is alive if its result is read, or the condition, or something alive in the body reads it.
import Graph

extension Graph {
  /// Which values some output depends on, through the regions.
  func liveValues() -> [Bool] {
    var live = [Bool](repeating: false, count: types.count)
    for output in outputs { live[Int(output.value.index)] = true }
    for node in nodes.reversed() where node.resultRange.contains(where: { live[Int($0)] }) {
      var reads: [Bool]?
      if node.hasRegions {
        let results = node.resultRange.map { live[Int($0)] }
        switch node.operation {
        case let loop as Loop: reads = LiveParts(loop, results).operands(loop)
        case let conditional as Conditional: reads = conditional.reads(results)
        default: break
        }
      }
      for (k, operand) in operands(of: node).enumerated() where reads?[k] ?? true {
        live[Int(operand.index)] = true
      }
    }
    return live
  }
}

/// What of a loop is alive.
struct LiveParts {
  var carried: [Bool]
  var stacks: [Bool]
  var rows: [Bool]
  var captured: [Bool]

  /// - Parameter results: which results of the loop are read.
  init(_ loop: Loop, _ results: [Bool]) {
    let graph = loop.body.graph
    var carried = Array(results[..<loop.carriedCount])
    let stacks = Array(results[loop.stackResults])
    // The condition reads the index, what is carried, what is captured.
    let test = loop.condition.map { $0.graph.inputsRead(by: $0.graph.outputs.map(\.value)) } ?? []
    for (k, isRead) in test.dropFirst().prefix(loop.carriedCount).enumerated() where isRead {
      carried[k] = true
    }
    var inputs: [Bool] = []
    while true {
      let outputs = graph.outputs.enumerated().compactMap { k, output in
        (k < carried.count ? carried[k] : stacks[k - carried.count]) ? output.value : nil
      }
      inputs = graph.inputsRead(by: outputs)
      let more = carried.indices.map { carried[$0] || inputs[loop.carriedInputs.lowerBound + $0] }
      if more == carried { break }
      carried = more
    }
    rows = Array(inputs[loop.rowInputs])
    captured = Array(inputs[loop.capturedInputs])
    self.carried = carried
    self.stacks = stacks
    for (k, isRead) in test.dropFirst(1 + loop.carriedCount).enumerated() where isRead {
      captured[k] = true
    }
  }

  func operands(_ loop: Loop) -> [Bool] {
    (loop.hasCount ? [true] : []) + carried + rows + captured
  }
}

extension Conditional {
  /// Which operands the results that are read need.
  func reads(_ results: [Bool]) -> [Bool] {
    var reads = [Bool](repeating: false, count: branches[0].graph.inputs.count)
    for branch in branches {
      let outputs = zip(branch.graph.outputs, results).compactMap { $1 ? $0.value : nil }
      for (k, isRead) in branch.graph.inputsRead(by: outputs).enumerated() where isRead {
        reads[k] = true
      }
    }
    return [true] + reads
  }
}

extension Graph {
  /// Which inputs some values depend on.
  fileprivate func inputsRead(by values: [Value]) -> [Bool] {
    var isRead = [Bool](repeating: false, count: types.count)
    for value in values { isRead[Int(value.index)] = true }
    for node in nodes.indices.reversed()
    where nodes[node].resultRange.contains(where: { isRead[Int($0)] }) {
      for operand in operands(of: node) { isRead[Int(operand.index)] = true }
    }
    return inputs.map { isRead[Int($0.value.index)] }
  }
}
