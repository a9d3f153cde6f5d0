// A function that is called like one of the C library is shipped under another name.
import Graph
import Testing

@testable import CEmit
@testable import Lowering

@Suite struct LibraryNameTests {
  @Test(arguments: [
    "printf", "puts", "strlen", "fmax", "fmaxf", "index", "sincos", "malloc", "exp",
  ])
  func isNotTaken(_ name: String) throws {
    let builder = GraphBuilder(name: name)
    let x = builder.addInput("x", TensorType(.f64))
    builder.addOutput("y", x * 2)
    let source = PortableSource(lower(try builder.finished(), .portable), summary: name)
    #expect(source.name == name + "_function")
  }

  @Test func othersKeepTheirs() throws {
    let builder = GraphBuilder(name: "loss")
    builder.addOutput("y", builder.addInput("x", TensorType(.f64)) * 2)
    let source = PortableSource(lower(try builder.finished(), .portable), summary: "loss")
    #expect(source.name == "loss")
  }
}
