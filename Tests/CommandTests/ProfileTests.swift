// jit-grad profile: how often nests run, what they move, and which lines they are. Times are whatever they
// are; they only have to be there.
import Foundation
import Testing

@Suite struct ProfileTests {
  private struct Report: Decodable {
    struct Nest: Decodable {
      let what: String
      let lines: [Int]
      let runs: Double
      let nanoseconds: Double
      let bytes: Double?
    }
    let call: Double
    let rest: Double
    let nests: [Nest]
  }

  private func report(_ arguments: [String], _ text: String) throws -> Report {
    let run = try jitGrad(["profile", "-", "--json", "--seconds", "0"] + arguments, stdin: text)
    #expect(run.status == 0, "\(run.err)")
    return try JSONDecoder().decode(Report.self, from: Data(run.out.utf8))
  }

  @Test func runsAndBytes() throws {
    let text = """
      jitgrad 1
      func f(x: f64[n], W: f64[n, n]) -> (y: f64, z: f64[n]) {
        y = sum(x * x)
        z = for i in 0..<7 carry z = x {
          tanh(W @ z)
        }
      }

      """
    let report = try report(["--bind", "n=100"], text)
    #expect(report.call > 0 && report.rest >= 0)
    // One sweep: x is read for both factors and for the first state, which is written.
    let sum = try #require(report.nests.first { $0.lines == [3, 4] })
    #expect(sum.runs == 1 && sum.bytes == 4 * 800)
    let product = try #require(report.nests.first { $0.what.contains("dot") })
    #expect(product.runs == 7 && product.lines == [5])
    #expect(product.bytes == 571_200)
    #expect(report.nests.contains { $0.runs == 7 && $0.what.contains("tanh") })
    #expect(report.nests.allSatisfy { $0.nanoseconds >= 0 })
    // Longest first.
    let times = report.nests.map(\.nanoseconds)
    #expect(times == times.sorted(by: >))
  }

  @Test func derivativesAndScalars() throws {
    let text = "jitgrad 1\nfunc f(x: f64[n]) -> (y: f64) { y = sum(exp(x)) }\n"
    #expect(
      try report(["--grad", "--bind", "n=50"], text).nests.contains { $0.what.contains("grad.x") })
    let scalars = try jitGrad(["profile", example("newton.jg"), "--seconds", "0"])
    #expect(scalars.status == 0 && scalars.out.contains("outside of nests"))
    let table = try jitGrad(["profile", "-", "--seconds", "0", "--bind", "n=50"], stdin: text)
    #expect(table.out.contains("line 2  func f(x: f64[n]) -> (y: f64) { y = sum(exp(x)) }"))
    #expect(try jitGrad(["profile", "-", "--seconds", "-1"], stdin: text).status == 64)
    #expect(try jitGrad(["profile", "-", "--top", "0"], stdin: text).status == 64)
  }
}
