// Eager x·x, operations of another package, and a trace of 100 000 steps.
import Glibc
import JitGrad
import ScalarPrimitives

func eagerSquare() throws {
  let context = EagerContext()
  let x = context.tensor(3.0, requiresGrad: true)
  let y = try x * x
  try check("x·x at 3", y.number, 9)
  try check("its gradient", y.backward()[x]?.number ?? .nan, 6)
}

func ownPrimitives() throws {
  let set = try scalarPrimitives.get()
  print("  \(set.operations.map(\.name).joined(separator: ", "))")
  let engine = Engine()
  let (a, b) = (TracedTensor(0.5), TracedTensor(2.0))
  // y = e^(−a·b) + a
  let y = Add()(Exp()(Neg()(Mul()(a, b)[0])[0])[0], a)[0]
  let gradient = try y.grad(wrt: [a, b])
  try check("e^(−a·b) + a", y.eval(engine).doubles[0], exp(-1) + 0.5)
  try check("∂/∂a", gradient[0].eval(engine).doubles[0], 1 - 2 * exp(-1))
  try check("∂²/∂a²", gradient[0].grad(wrt: a).eval(engine).doubles[0], 4 * exp(-1))
  // A graph file names operations; the set says which they are.
  let (p, q) = (TracedTensor.input("p"), TracedTensor.input("q"))
  let graph = try Graph("f", of: Exp()(Mul()(p, q)[0])[0])
  let read = try GraphSource(graph.text, primitives: set).graphs[0]
  let results = try engine.compile(read.gradient(wrt: ["p"]))([Tensor(0.5), Tensor(2.0)])
  try check("∂/∂p e^(p·q), read from text", results[1].doubles[0], 2 * exp(1))
  let context = EagerContext(engine)
  let x = context.tensor(0.3, requiresGrad: true)
  let s = 1 / (1 + exp(-0.3))
  let z = try Logistic()(x)[0]
  try check("the logistic function, in C", z.number, s)
  try check("its gradient", z.backward()[x]?.number ?? .nan, s * (1 - s))
}

/// x′ = a·x + b·sin x, 100 000 times: evaluated every 10 000 steps, differentiated at the end.
func longTrace() throws {
  let engine = Engine()
  let (a, b) = (TracedTensor(0.7), TracedTensor(0.31))
  var x = TracedTensor(0.5)
  for k in 1...100_000 {
    x = a * x + b * sin(x)
    if k % 10_000 == 0 { _ = try x.eval(engine) }
  }
  let gradient = try x.grad(wrt: [a, b]).eval(engine)
  var (value, da, db) = (0.5, 0.0, 0.0)
  for _ in 0..<100_000 {
    let slope = 0.7 + 0.31 * cos(value)
    (da, db) = (slope * da + value, slope * db + sin(value))
    value = 0.7 * value + 0.31 * sin(value)
  }
  try check("x", x.eval(engine).doubles[0], value)
  try check("∂x/∂a through 100 000 steps", gradient[0].doubles[0], da)
  try check("∂x/∂b", gradient[1].doubles[0], db)
  print("  compiles: \(engine.counters.compiles), nodes run: \(engine.counters.executedNodes)")
}
