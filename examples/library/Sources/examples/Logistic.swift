// Logistic regression with a struct of parameters: the tree says what there is, the gradient is a tree
// of the same kind, and the step of the descent compiles once.
import Glibc
import JitGrad

private struct Model: TensorTree {
  var weights: TracedTensor
  var bias: TracedTensor

  mutating func visit(_ visitor: inout TensorVisitor) {
    visitor.visit(&weights, "weights")
    visitor.visit(&bias, "bias")
  }

  func loss(_ x: TracedTensor, _ y: TracedTensor) -> TracedTensor {
    let z = matmul(x, weights) + bias
    return (softplus(z) - y * z).mean() + 0.05 * (weights * weights).sum()
  }
}

func logisticRegression() throws {
  let engine = Engine()
  // Two clouds of points that overlap, from a generator that is the same everywhere.
  var state: UInt64 = 7
  func random() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-53 - 0.5
  }
  var points: [Double] = []
  var labels: [Double] = []
  for k in 0..<200 {
    let label = Double(k % 2)
    points += [3 * random() + label, 3 * random() - label]
    labels.append(label)
  }
  let x = TracedTensor(Tensor(points, shape: [200, 2]))
  let y = TracedTensor(labels)
  var model = Model(weights: TracedTensor([0.0, 0.0]), bias: TracedTensor(0.0))
  try check("loss at the start", model.loss(x, y).eval(engine).doubles[0], log(2))
  // The slope along the first weight, against a central difference of the loss.
  func loss(_ weight: Double) throws -> Double {
    let moved = Model(weights: TracedTensor([weight, 0]), bias: model.bias)
    return try moved.loss(x, y).eval(engine).doubles[0]
  }
  let slope = try model.loss(x, y).grad(wrt: model.weights).eval(engine).doubles[0]
  try check("slope at the start", slope, (loss(1e-4) - loss(-1e-4)) / 2e-4, 1e-6)
  for _ in 0..<400 {
    let gradient = try model.loss(x, y).grad(wrt: model)
    model = try model.combined(with: gradient) { $0 - 0.5 * $1 }.evaluated(engine)
  }
  let gradient = try model.loss(x, y).grad(wrt: model).evaluated(engine)
  for leaf in gradient.leaves {
    for value in try leaf.tensor.eval(engine).doubles {
      try check("slope of \(leaf.path)", value, 0, 1e-6)
    }
  }
  print("  compiles for 400 steps: \(engine.counters.compiles)")
  if engine.counters.compiles > 4 { throw Wrong(description: "the step was compiled again") }
}
