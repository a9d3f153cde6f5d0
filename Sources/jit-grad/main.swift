import Autodiff
import CEmit
import Graph
import JIT
import Lowering

let b = GraphBuilder(name: "ridge")
let w = b.addInput("w", TensorType(.f64, ["d"]))
let X = b.addInput("X", TensorType(.f64, ["n", "d"]))
let y = b.addInput("y", TensorType(.f64, ["n"]))
let lam = b.addInput("lambda", TensorType(.f64))
let r = X.dot(w, contracting: ([1], [0])) - y
b.name(r, "residual")
let n = try b.apply(Extent(extent: "n", dtype: .f64), [Term]())[0]
b.addOutput("loss", apply(.pow, r, r.literal(2)).sum(over: [0]) / n + lam * apply(.pow, w, w.literal(2)).sum(over: [0]))
let g = try b.finished()
let d = try g.derivative(.gradient, wrt: ["w"])
let e = Engine()
let k = try e.compile(d)
print(k.cSource)
let src = PortableSource(lower(d.simplified(), .portable), summary: "ridge")
print(src.header); print(src.source)
let args = [Tensor([1.0, 2], shape: [2]), Tensor([1.0, 2, 3, 4, 5, 6], shape: [3, 2]), Tensor([1.0, 0, 2], shape: [3]), Tensor(0.5)]
print(try k(args).map(\.doubles))
print(try ReferenceEvaluator.run(d, inputs: args, sizes: ["n": 3, "d": 2]).map(\.doubles))
