// `einsum` against its definition and closed forms, for known and for symbolic extents; what its order of
// products costs; what it refuses.
import Autodiff
import Frontend
import Foundation
import JIT
import Testing

@testable import Graph

@Suite struct EinsumTests {
  /// Subscripts and the shapes of operands.
  struct Case: Sendable, CustomTestStringConvertible {
    let subscripts: String
    let shapes: [[Int]]
    var testDescription: String { "\(subscripts) \(shapes)" }

    init(_ subscripts: String, _ shapes: [Int]...) {
      (self.subscripts, self.shapes) = (subscripts, shapes)
    }

    func operands(_ dtype: DType = .f64) -> [Tensor] {
      var random = RandomSource(seed: 11)
      return shapes.map { shape in
        Tensor(dtype, shape) { _ in
          let x = random.uniform(-2...2)
          return dtype.isFloat ? Scalar(x, dtype) : Scalar(Int64(x * 3), dtype)
        }
      }
    }

    var naive: NaiveEinsum { NaiveEinsum(subscripts, ranks: shapes.map(\.count)) }
    var attributes: [String: AttributeValue] { ["subscripts": .word(subscripts)] }
  }

  static let cases = [
    // One operand: transposes, sums, diagonals.
    Case("ij->ji", [2, 3]), Case("ij->", [2, 3]), Case("ij->j", [2, 3]), Case("ba", [2, 3]),
    Case("ii->i", [3, 3]), Case("ii", [3, 3]), Case("iij->ji", [2, 2, 3]),
    Case("ijiji->ij", [2, 3, 2, 3, 2]), Case("...ii->...i", [2, 3, 2, 2]),
    Case("i...->...", [2, 3]),
    Case("...", [2, 3]), Case("->", []), Case("", []), Case("kijk->ji", [2, 3, 1, 2]),
    // Two operands.
    Case("ij,jk->ik", [2, 3], [3, 4]), Case("ij,jk", [2, 3], [3, 4]),
    Case("ij,jk->ki", [2, 3], [3, 4]), Case("ji,kj->ik", [3, 2], [4, 3]),
    Case("i,i->", [4], [4]), Case("i,j->ij", [2], [3]), Case("i,j->ji", [2], [3]),
    Case("ij,ij->ij", [2, 3], [2, 3]), Case("ij,ji->ij", [2, 3], [3, 2]),
    Case("ij,i->ij", [2, 3], [2]), Case("j,ij->ji", [3], [2, 3]), Case("ij,kj->", [2, 3], [4, 3]),
    Case("bij,bjk->bik", [2, 3, 2], [2, 2, 4]), Case("ijb,jkb->ikb", [3, 2, 2], [2, 4, 2]),
    Case("ijk,kjl->il", [2, 3, 2], [2, 3, 4]), Case("ii,ij->j", [3, 3], [3, 2]),
    Case(",ij->ij", [], [2, 3]), Case("ij,->ji", [2, 3], []), Case(",", [], []),
    Case(" i j , j k -> i k ", [2, 3], [3, 4]), Case("aB,Bc", [2, 3], [3, 2]),
    Case("Ab,bC->CA", [2, 3], [3, 2]), Case("αβ,βγ->αγ", [2, 3], [3, 4]),
    // Ellipses.
    Case("...ij,...jk->...ik", [2, 3, 2], [2, 2, 4]),
    Case("...ij,...jk", [5, 2, 3, 2], [2, 2, 4]), Case("...ij,...jk", [5, 1, 3, 2], [2, 2, 4]),
    Case("...,...", [3, 1], [1, 4]), Case("...i,i->...", [2, 1, 3], [3]),
    Case("i...,...i->...", [3, 2], [2, 3]), Case("a...b,b->b...a", [2, 3, 4], [4]),
    Case("...,->...", [1, 2], []), Case("...i,...i->i...", [1, 3], [2, 3]),
    // Many operands, and labels that many have.
    Case("i,ij,j->", [2], [2, 3], [3]), Case("i,i,i->i", [3], [3], [3]),
    Case("i,i,i->", [3], [3], [3]), Case("ia,ib,ic->abc", [2, 3], [2, 2], [2, 4]),
    Case("ij,jk,kl->il", [2, 3], [3, 4], [4, 2]), Case("ij,jk,kl->li", [2, 3], [3, 4], [4, 2]),
    Case("i,j,k->kji", [2], [3], [4]), Case("ij,j,jk,kk->i", [2, 3], [3], [3, 2], [2, 2]),
    Case("ij,ij,ij,jk->", [2, 3], [2, 3], [2, 3], [3, 2]),
    Case("ab,bc,cd,de,ef,fa->", [2, 3], [3, 2], [2, 3], [3, 2], [2, 3], [3, 2]),
    Case("...i,...j,...k->...ijk", [2, 2], [1, 3], [2]),
    // Extents 0 and 1.
    Case("ij,jk->ik", [0, 3], [3, 2]), Case("ij,jk->ik", [2, 0], [0, 3]),
    Case("ii->i", [0, 0]), Case("ii", [1, 1]), Case("i,j->ij", [1], [0]), Case("...,...", [0], [1]),
    Case("ij,j,k->ik", [2, 1], [1], [1]),
  ]

  @Test(arguments: cases) func values(_ given: Case) throws {
    let operands = given.operands()
    let found = try Probe(operands) { try call("einsum", $0, given.attributes) }.values()[0]
    let text = difference(found, from: given.naive.value(of: operands), tolerance: 1e-14)
    #expect(text == nil, "\(text ?? "")")
  }

  @Test(arguments: [DType.i64, .i32, .f32]) func dtypes(_ dtype: DType) throws {
    for given in [
      Case("ij,jk,kl->li", [2, 3], [3, 4], [4, 2]), Case("ii,i,->i", [3, 3], [3], []),
      Case("ij->j", [2, 3]),
    ] {
      let operands = given.operands(dtype)
      let probe = try Probe(operands) { try call("einsum", $0, given.attributes) }
      let found = try Engine().compile(probe.graph)(operands)[0]
      let wanted = given.naive.value(of: operands)
      let text = difference(found, from: wanted, tolerance: dtype == .f32 ? 1e-6 : 0)
      #expect(text == nil, "\(given.subscripts): \(text ?? "")")
    }
  }

  // MARK: - Sizes at the call

  private static func graph(_ subscripts: String, _ shapes: [[DimExpr]]) throws -> Graph {
    let builder = GraphBuilder(name: "f")
    let inputs = shapes.enumerated().map { builder.addInput("x\($0)", TensorType(.f64, $1)) }
    builder.addOutput("y", try call("einsum", inputs, ["subscripts": .word(subscripts)])[0])
    return try builder.finished()
  }

  /// One kernel for all sizes, 0 and 1 among them; extents by different names are one at the call.
  @Test(
    arguments: [
      ("ij,jk,kl->il", [["n", "m"], ["m", "k"], ["k", "l"]]),
      ("ij,jk->ik", [["n", "m"], ["k", "l"]]), ("ii->i", [["n", "m"]]),
      ("iji,j->ij", [["n", "k", "m"], ["l"]]), ("ij,ij->", [["n", "m"], ["k", "l"]]),
      ("...i,...i->...", [["n", "m"], ["k", "m"]]), ("...,...->...", [["n", 3], ["k", "m"]]),
      ("i,i,i->i", [["n"], ["m"], ["k"]]), ("iii,i", [["n", "k", "m"], ["n"]]),
    ] as [(String, [[DimExpr]])])
  func symbolic(_ subscripts: String, _ shapes: [[DimExpr]]) throws {
    let graph = try Self.graph(subscripts, shapes)
    let engine = Engine()
    let kernel = try engine.compile(graph)
    let all = graph.legalSizes(limit: 12)
    #expect(all.count > 1)
    for sizes in all {
      var random = RandomSource(seed: 5)
      let operands = try graph.inputs.map {
        try Tensor.random(graph.type(of: $0.value), sizes, &random)
      }
      let naive = NaiveEinsum(subscripts, ranks: shapes.map(\.count))
      let text = difference(
        try kernel(operands)[0], from: naive.value(of: operands), tolerance: 1e-14)
      #expect(text == nil, "\(sizes): \(text ?? "")")
    }
  }

  /// Extents that do not fit are refused before anything is read.
  @Test(
    arguments: [
      ("ij,jk->ik", [["n", "m"], ["k", 2]], [[2, 3], [2, 2]], "m == k"),
      ("ii->i", [["n", "m"]], [[2, 3]], "m <= n"), ("ii->i", [["n", "m"]], [[3, 2]], "n <= m"),
      ("...i,...i->...", [["n", 2], ["k", 2]], [[2, 2], [3, 2]], "k == n, or one of them 1"),
      ("...i,...i->...", [["n", 2], ["k", 2]], [[3, 2], [2, 2]], "k == n, or one of them 1"),
      ("i,i,i->", [["n"], ["m"], ["n"]], [[2], [3], [2]], "n == m"),
    ] as [(String, [[DimExpr]], [[Int]], String)])
  func guarded(
    _ subscripts: String, _ shapes: [[DimExpr]], _ given: [[Int]], _ condition: String
  ) throws {
    let kernel = try Engine().compile(Self.graph(subscripts, shapes))
    #expect {
      _ = try kernel(given.map { Tensor(repeating: Scalar(1.0, .f64), shape: $0) })
    } throws: { "\($0)".contains(condition) }
  }

  // MARK: - Closed forms

  @Test func closedForms() throws {
    let (a, b) = (Tensor([1.0, 2, 3, 4], shape: [2, 2]), Tensor([5.0, 6, 7, 8], shape: [2, 2]))
    let (u, v) = (vector(1, -2), vector(3, 0.5))
    func value(_ subscripts: String, _ operands: Tensor...) throws -> [Double] {
      try Probe(operands) { try call("einsum", $0, ["subscripts": .word(subscripts)]) }
        .values()[0].doubles
    }
    // tr AB, u·Av, the sum of all products of elements, the diagonal.
    #expect(try value("ij,ji->", a, b) == [69])
    #expect(try value("i,ij,j->", u, a, v) == [-18])
    #expect(try value("ij,ij->", a, b) == [70])
    #expect(try value("ii->i", b) == [5, 8])
  }

  /// d tr(AB)/dA = Bᵀ, d(u·Av)/dA = u vᵀ.
  @Test func gradients() throws {
    let (a, b) = (Tensor([1.0, 2, 3, 4], shape: [2, 2]), Tensor([5.0, 6, 7, 8], shape: [2, 2]))
    let trace = try Probe([a, b]) { try call("einsum", $0, ["subscripts": .word("ij,ji->")]) }
    #expect(try trace.gradients().map(\.doubles) == [[5, 7, 6, 8], [1, 3, 2, 4]])
    let form = try Probe([vector(1, -2), a, vector(3, 0.5)]) {
      try call("einsum", $0, ["subscripts": .word("i,ij,j->")])
    }
    #expect(try form.gradients()[1].doubles == [3, 0.5, -6, -1])
  }

  // MARK: - What it is made of

  /// The multiplications of all products in a graph.
  private func multiplications(_ graph: Graph) -> Int {
    graph.nodes.reduce(0) { total, node in
      guard let dot = node.operation as? Dot else { return total }
      let summed = dot.leftContracting.map { graph.operandTypes(of: node)[0].shape[$0] }
      let extents = graph.resultTypes(of: node)[0].shape + summed
      return total + extents.reduce(1) { $0 * ($1.constantValue ?? 0) }
    }
  }

  /// Of (AB)C and A(BC) the one that costs less.
  @Test func order() throws {
    let left = try Self.graph("ij,jk,kl->il", [[2, 100], [100, 50], [50, 40]])
    #expect(multiplications(left) == 2 * 100 * 50 + 2 * 50 * 40)
    let right = try Self.graph("ij,jk,kl->il", [[100, 50], [50, 40], [40, 2]])
    #expect(multiplications(right) == 50 * 40 * 2 + 100 * 50 * 2)
    // An extent that only the call tells counts as 64.
    let mixed = try Self.graph("ij,jk,kl->il", [["n", "n"], ["n", "n"], ["n", 2]])
    #expect(mixed.nodes.count == 2 && mixed.resultTypes(of: mixed.nodes[0])[0].shape == ["n", 2])
  }

  /// Nothing but products where nothing else is needed, and what only one operand has goes first.
  @Test(
    arguments: [
      ("ij,jk->ik", [[2, 3], [3, 4]], ["dot"]), ("ij,jk->ki", [[2, 3], [3, 4]], ["dot"]),
      ("bij,bjk->bik", [[2, 3, 4], [2, 4, 5]], ["dot"]), ("ij->ij", [[2, 3]], []),
      ("i,j->ji", [[2], [3]], ["dot"]), ("ij,j->ij", [[2, 3], [3]], ["multiply"]),
      ("ij,ij->ij", [[2, 3], [2, 3]], ["multiply"]), (",ij->ij", [[], [2, 3]], ["multiply"]),
      ("ij,jk->k", [[2, 3], [3, 4]], ["sum", "dot"]), ("ij->i", [[2, 3]], ["sum"]),
      ("...ij,...jk", [[1, 2, 3], [3, 4]], ["dot"]),
      ("...ij,...jk", [[1, 2, 3], [5, 3, 4]], ["reshape", "dot", "transpose"]),
      // One site of the inner product of two matrix product states: no transposes between.
      ("ab,apc,bpd->cd", [[9, 9], [9, 2, 9], [9, 2, 9]], ["dot", "dot"]),
    ] as [(String, [[DimExpr]], [String])])
  func operations(_ subscripts: String, _ shapes: [[DimExpr]], _ names: [String]) throws {
    let graph = try Self.graph(subscripts, shapes)
    #expect(graph.nodes.map(\.operation.name) == names)
  }

  /// A chain of matrices, one label more than operands: far beyond what can be searched exactly.
  @Test func longChains() throws {
    let count = 200
    func label(_ k: Int) -> String { String(Unicode.Scalar(0x4e00 + k)!) }
    let subscripts = (0..<count).map { label($0) + label($0 + 1) }.joined(separator: ",")
    let clock = ContinuousClock()
    var graph = Graph(named: "f")
    let time = try clock.measure {
      graph = try Self.graph(subscripts, [[DimExpr]](repeating: [2, 2], count: count))
    }
    #expect(time < .seconds(2), "\(time)")
    #expect(graph.nodes.map(\.operation.name) == [String](repeating: "dot", count: count - 1))
    // [[1, 1], [0, 1]]²⁰⁰ = [[1, 200], [0, 1]]
    let shear = Tensor([1.0, 1, 0, 1], shape: [2, 2])
    let inputs = [Tensor](repeating: shear, count: count)
    #expect(
      try ReferenceEvaluator.run(graph, inputs: inputs, sizes: [:])[0].doubles == [1, 200, 0, 1])
  }
}
