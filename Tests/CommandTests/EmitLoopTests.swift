// Shipped C of derivatives in reverse through a while: written by the command, compiled without a
// warning, run by itself, compared with what is known without the program.
import Glibc
import Testing

@Suite struct EmitLoopTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Ends when y passes `end`, after n steps: y = x·rⁿ, dy/dx = rⁿ, dy/dr = n·x·rⁿ⁻¹. The way back reads
  /// y of every step.
  private static let growth = """
    jitgrad 1
    func growth(x: f64, r: f64, end: f64) -> (y: f64, steps: i64) {
      y, steps = counted while y = x where y < end { y * r }
    }
    """

  /// Compiles `main` with the C in the scratch directory, and runs it.
  /// - Returns: what it prints, as numbers; `nil` where there is no such compiler.
  private func run(_ compiler: String, _ name: String, _ main: String) throws -> [Double]? {
    guard access("/usr/bin/\(compiler)", X_OK) == 0 else {
      print("note: no \(compiler) here, its check of shipped loops is skipped")
      return nil
    }
    let text = "#include <stdio.h>\n#include \"\(name).h\"\nint main(void) {\n\(main)\n}\n"
    let file = try scratch.file("main.c", text)
    let words =
      "\(compiler) -std=c99 -Wall -Wextra -Wconversion -Werror -O2 -fsanitize=address,undefined "
      + "-fno-sanitize-recover=undefined \(file) \(scratch.path)/\(name).c -o \(scratch.path)/run -lm"
    #expect(system(words) == 0, "\(compiler) refuses \(name)")
    // What is not given back when it ends is an error of its own.
    #expect(system("\(scratch.path)/run > \(scratch.path)/printed") == 0, "\(name) by \(compiler)")
    return try scratch.text("printed").split(separator: "\n").map { Double($0) ?? .nan }
  }

  @Test(arguments: ["gcc", "clang"]) func newtonBackward(_ compiler: String) throws {
    let emitted = try jitGrad([
      "emit", example("newton.jg"), "--grad", "--of", "x", "-o", scratch.path,
    ])
    #expect(emitted.status == 0, "\(emitted.err)")
    let main = """
        const double a = 3;
        double x, slope;
        int64_t steps;
        const int status = newton_gradient(&a, &x, &steps, &slope, NULL);
        printf("%d\\n%.17g\\n%.17g\\n", status, x, slope);
        return 0;
      """
    guard let found = try run(compiler, "newton_gradient", main) else { return }
    try #require(found.count == 3 && found[0] == 0)
    // √a and 1 / (2√a).
    #expect(abs(found[1] - 3.0.squareRoot()) < 1e-15)
    #expect(abs(found[2] - 0.5 / 3.0.squareRoot()) < 1e-15)
  }

  /// Thousands of rows, so that the memory for them grows again and again; and none at all.
  @Test(arguments: ["gcc", "clang"]) func manySteps(_ compiler: String) throws {
    let file = try scratch.file("growth.jg", Self.growth)
    let emitted = try jitGrad(["emit", file, "--grad", "--wrt", "x,r", "-o", scratch.path])
    #expect(emitted.status == 0, "\(emitted.err)")
    let main = """
        const double x[3] = {2, 2, 5}, r = 1.001, end[3] = {2e6, 2.0015, 1};
        for (int k = 0; k < 3; k++) {
          double y, of_x, of_r;
          int64_t steps;
          if (growth_gradient(&x[k], &r, &end[k], &y, &steps, &of_x, &of_r, NULL) != 0) return 1;
          printf("%.17g\\n%lld\\n%.17g\\n%.17g\\n", y, (long long)steps, of_x, of_r);
        }
        return 0;
      """
    guard let found = try run(compiler, "growth_gradient", main) else { return }
    try #require(found.count == 12)
    // ln(10⁶) / ln 1.001 = 13822.4…
    for (k, (x, steps)) in [(2.0, 13823.0), (2, 1), (5, 0)].enumerated() {
      let power = pow(1.001, steps)
      let expected = [x * power, steps, power, steps * x * power / 1.001]
      for (a, b) in zip(found[(4 * k)...], expected) { #expect(abs(a - b) <= 1e-11 * abs(b)) }
    }
  }
}
