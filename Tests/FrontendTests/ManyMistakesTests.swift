// A file full of mistakes: the first hundred are told, and the rest is not looked at.
import Frontend
import Testing

@Suite struct ManyMistakesTests {
  @Test func theFirstHundredAreTold() {
    var text = "jitgrad 1\nfunc f(x: f64) -> (y) {\n"
    for k in 0..<3_000 { text += "  y\(k) = unknown\(k) + 1\n" }
    text += "  y = x\n}\nfunc g(x: f64) -> (y) { y = nothing }\n"
    let file = GraphFile(SourceFile(name: "many.jg", text: text))
    #expect(file.diagnostics.count == 100)
    #expect(file.diagnostics.first?.message == "there is no value named unknown0")
    #expect(
      file.diagnostics.last?.notes
        == ["these are the first 100 errors; the rest of the file was not checked"])
    #expect(file.graphs.isEmpty)
  }
}
