// Memory over many compiles and calls: everything that a compile takes is given back, and everything
// that a call keeps of the steps of a loop.
import Autodiff
import Frontend
import Graph
import JIT

func measureMemory() throws {
  let source = SourceFile(
    name: "memory",
    text: "jitgrad 1\nfunc f(x: f64[n]) -> (y: f64) { y = sum(tanh(x) * x) }\n")
  let gradient = try GraphFile(source).graphs[0].derivative(.gradient)
  let x = Tensor([1.0, 2, 3], shape: [3])
  print("  compile, call and free; resident memory in KiB:")
  for round in 0...100_000 {
    // An engine of its own each time: nothing is found in a cache, and everything is freed.
    _ = try Engine().compile(gradient)([x])
    if round == 100 || round % 20_000 == 0 { print("  after \(round): \(residentKiB())") }
  }
}

/// Calls of the gradient of a loop that keeps rows while only the run tells how many.
func measureStacks() throws {
  let kernel = try Engine().compile(halvings().derivative(.gradient))
  let x = Tensor(1e300)
  print("  call of a gradient that keeps about 1000 rows; resident memory in KiB:")
  for round in 0...100_000 {
    _ = try kernel([x])
    if round == 100 || round % 20_000 == 0 { print("  after \(round): \(residentKiB())") }
  }
}

/// `while x > 1 { x = sin(x) / 2 + x / 2 }`, as a graph.
private func halvings() throws -> Graph {
  let type = TensorType(.f64)
  func region(_ body: (Term) -> Term) throws -> Region {
    let builder = GraphBuilder(name: "region")
    _ = builder.addInput("i", TensorType(.i64))
    builder.addOutput("next", body(builder.addInput("x", type)))
    return Region(try builder.finished())
  }
  let builder = GraphBuilder(name: "halvings")
  let x = builder.addInput("x", type)
  let loop = Loop(
    body: try region { apply(.sin, $0) / 2 + $0 / 2 }, condition: try region { $0 > 1 }, bound: nil,
    carriedCount: 1)
  builder.addOutput("y", try builder.apply(loop, [x])[0])
  return try builder.finished()
}
