// A good file, damaged at random with a seed: no crash, every rejection has a place in the file
// and can be shown, and what is accepted obeys the laws of the formatter.

import Testing

@testable import Frontend

@Suite struct LanguageMutationTests {
  @Test(arguments: 0..<40) func mutations(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed) &+ 1000)
    let original = Array(everything.utf8)
    let snippets = [
      "(", ")", "[", "]", "{", "}", "\n", ";", ",", "=", ":", "func ", "where ", "`", "\"", "#",
      "^",
      "-", "!", "..", "0x", "1e", ".5", "\u{2212}", "é", "\0", "\u{1B}", "while ", "jitgrad ", "<",
      "for i in 0..<n ", "carry x = ", "if ", "else ", "yield ", "limit ", "counted ", "switch ",
      "case 1 ", "do ", "in ", "root x = ", "solve b = ", "custom f(", "\n@vjp(f)\n",
      "vjp(y, c) { c }",
    ].map { Array($0.utf8) }
    for _ in 0..<50 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.insert(contentsOf: snippets.randomElement(using: &random) ?? [], at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + 40))
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      check(SourceFile(name: "m.jg", bytes: bytes))
    }
  }

  private func check(_ source: SourceFile) {
    let result = SyntaxTree.parse(source)
    guard !result.diagnostics.isEmpty else {
      let once = result.tree.formatted()
      let again = parsed(once)
      #expect(again.tree.isStructurallyEqual(to: result.tree), "\(once)")
      #expect(again.tree.formatted() == once)
      return
    }
    var last = 0
    for diagnostic in result.diagnostics {
      #expect(diagnostic.point >= last && diagnostic.point <= source.bytes.count)
      last = diagnostic.point
      let text = DiagnosticRenderer().render(diagnostic, in: source)
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || !$0.isUnprintable })
      #expect(text.hasPrefix("m.jg:"))
      #expect(text.contains("^"))
    }
  }
}
