// The library as a program meets it: a small gradient called very often, eager steps, and the building
// simulation and the sum over an array that `reference/Differentiation.swift` does with the toolchain's
// own differentiation.
import Glibc
import JIT
import JitGrad

func measureLibrary() throws {
  try measureSmallGradient()
  try measureEager()
  try measureBuilding()
  try measureSum()
}

private func measureSmallGradient() throws {
  let (a, b, c) = (TracedTensor.input("a"), TracedTensor.input("b"), TracedTensor.input("c"))
  let graph = try JitGrad.Graph("f", of: a * b + sin(c), inputs: ["a", "b", "c"])
  let kernel = try Engine().compile(graph.gradient()).bound()
  let calls = 1_000_000
  var arguments = [0.5, 1.5, 2.5]
  var results = [Double](repeating: 0, count: 4)
  var total = 0.0
  let times = try seconds(5) {
    for _ in 0..<calls {
      arguments[0] += 1e-9
      var span = results.mutableSpan
      try kernel(arguments.span, into: &span)
      total += results[1]
    }
  }
  row("gradient of 3 scalars, a call", times.map { $0 / Double(calls) }, goal: "0.5 µs")
  precondition(total.isFinite)
}

private func measureEager() throws {
  let context = EagerContext()
  let x = context.tensor(0.5, requiresGrad: true)
  let steps = 10_000
  func chain() throws -> EagerTensor {
    var y = x
    for _ in 0..<steps { y = try -y }
    return y
  }
  _ = try chain()
  row(
    "eager, an operation that is recorded",
    try seconds(5) { _ = try chain() }
      .map { $0 / Double(steps) }, goal: "2 µs")
  func step() throws -> EagerTensor? { try (x * x).backward()[x] }
  _ = try step()
  row(
    "eager, x·x with its way back",
    try seconds(5) { for _ in 0..<1000 { _ = try step() } }
      .map { $0 / 1000 })
}

/// A slab that is heated by a tube and warms a room: 37 operations a step.
private func measureBuilding() throws {
  let names = ["tube", "slab", "room", "flow", "supply", "outside"]
  let inputs = names.map { TracedTensor.input($0) }
  let (flow, supply, outside) = (inputs[3], inputs[4], inputs[5])
  let state = forLoop(1000, Array(inputs[0..<3])) { _, state in
    let (tube, slab, room) = (state[0], state[1], state[2])
    let velocity = flow / 0.000285
    let reynolds = velocity * 0.019 / 6.6e-7
    let nusselt = 0.023 * exp(0.8 * log(reynolds)) * 1.56
    let resistance = 0.019 / (nusselt * 0.6 * 6.8) + 0.0052
    let toSlab = (tube - slab) / resistance
    let toRoom = (slab - room) * 11.3 * 40.0
    let lost = (room - outside) * 132.0 + (room - 18.0) * (room - 18.0) * 0.8
    let inflow = (supply - tube) * flow * 4180.0 * 990.0
    return [
      tube + 0.5 * (inflow - toSlab) / 92000.0,
      slab + 0.5 * (toSlab - toRoom) / 8_600_000.0,
      room + 0.5 * (toRoom - lost) / 610_000.0,
    ]
  }
  let error = state[2] - 21
  let graph = try JitGrad.Graph("building", of: error * error, inputs: names)
  let engine = Engine()
  let start = [33.3, 22.0, 19.0, 0.00025, 38.0, 5.0]
  for (what, graph) in [("value", graph), ("value and gradient", try graph.gradient())] {
    let kernel = try engine.compile(graph).bound()
    var results = [Double](repeating: 0, count: kernel.outputElementCount)
    let times = try seconds(50) {
      var span = results.mutableSpan
      try kernel(start.span, into: &span)
    }
    row("building simulation, 1000 steps, \(what)", times)
    print("    \(results)")
  }
}

private func measureSum() throws {
  let x = TracedTensor.input("x", .f64, [16_000])
  let kernel = try Engine().compile(JitGrad.Graph("sum", of: x.sum()).gradient()).bound()
  let values = [Double](repeating: 0.5, count: 16_000)
  var results = [Double](repeating: 0, count: 16_001)
  row(
    "gradient of the sum of 16 000 elements",
    try seconds(50) {
      var span = results.mutableSpan
      try kernel(values.span, into: &span)
    })
}
