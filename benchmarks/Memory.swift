// Memory over many compiles: everything that a compile takes is given back.
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
