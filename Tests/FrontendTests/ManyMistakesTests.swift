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

  /// Rules that cannot be compared are warnings; so many of them hide no error behind them.
  @Test func warningsHideNoErrors() {
    var text = "jitgrad 1\n"
    for k in 0..<150 {
      text += """
        @jvp(j\(k))
        func f\(k)(x: f64) -> (y: f64) { y = sqrt(x - 5) }
        func j\(k)(x: f64, y: f64, dx: f64) -> (dy: f64) { dy = dx / (2 * y) }

        """
    }
    text += "func g(x: f64) -> (y: f64) { y = nothing }\nfunc h(x: f64) -> (y: f64) { y = x }\n"
    let file = GraphFile(SourceFile(name: "many.jg", text: text))
    #expect(file.hasErrors)
    #expect(file.diagnostics.count { $0.severity == .warning } == 100)
    #expect(
      file.diagnostics.filter { $0.severity == .error }.map(\.message)
        == ["there is no value named nothing"])
    #expect(file.graphs.contains { $0.name == "h" })
  }
}
