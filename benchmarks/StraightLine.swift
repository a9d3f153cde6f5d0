// From the text of a straight-line program to its compiled gradient: linear in its length.
import Autodiff
import CEmit
import Frontend
import Graph
import JIT
import Lowering

func measureStraightLine() throws {
  for (count, rounds) in [(100, 50), (1000, 20), (5000, 10), (50_000, 2), (1_000_000, 1)] {
    let source = SourceFile(name: "straight-line", text: straightLine(count))
    let times = try seconds(rounds) {
      let graph = GraphFile(source).graphs[0]
      _ = try Engine().compile(graph.derivative(.gradient))
    }
    let perOperation = text(times[0] / Double(count))
    row(
      "\(count) operations, \(perOperation) each", times,
      goal: count == 5000 ? "50 ms" : nil)
  }
  try stages(5000)
}

/// The same, station by station.
private func stages(_ count: Int) throws {
  print("  of \(count) operations:")
  let source = SourceFile(name: "straight-line", text: straightLine(count))
  let graph = GraphFile(source).graphs[0]
  row("  parse", seconds(10) { _ = GraphFile(source) })
  row("  differentiate", try seconds(10) { _ = try graph.derivative(.gradient) })
  let gradient = try graph.derivative(.gradient)
  row("  simplify", try seconds(10) { _ = try gradient.simplified() })
  let simple = try gradient.simplified()
  row("  lower", seconds(10) { _ = lower(simple, .jit) })
  let program = lower(simple, .jit)
  row("  emit C", seconds(10) { _ = JITSource(program) })
  let text = JITSource(program).text
  row(
    "  libtcc",
    try seconds(10) { _ = try TCCCompiler().compile(text, entries: [JITSource.entry]) })
}

/// A program of `count` statements with one or two operations each, on values close by.
private func straightLine(_ count: Int) -> String {
  var state: UInt64 = 1
  func random(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
  var lines = ["jitgrad 1", "func f(x: f64, y: f64) -> (z: f64) {", "  v0 = x", "  v1 = y"]
  for i in 2..<count + 2 {
    let a = i - 1 - random(min(i, 20))
    let b = i - 1 - random(min(i, 20))
    switch random(5) {
    case 0: lines.append("  v\(i) = v\(a) * v\(b)")
    case 1: lines.append("  v\(i) = v\(a) + v\(b)")
    case 2: lines.append("  v\(i) = sin(v\(a))")
    case 3: lines.append("  v\(i) = v\(a) - v\(b)")
    default: lines.append("  v\(i) = tanh(v\(a))")
    }
  }
  lines += ["  z = v\(count + 1)", "}"]
  return lines.joined(separator: "\n") + "\n"
}
