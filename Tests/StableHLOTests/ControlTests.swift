// Loops, choices and calls; loops that count and scan become what they are.

import Autodiff
import Foundation
import Graph
import JIT
import Testing

@Suite struct ControlTests {
  @Test(arguments: [(0, 3.0), (1, 4.0), (2, -2.0), (7, -2.0), (-1, -2.0)])
  func casesOutsideAreTheLastOne(_ selector: Int32, _ expected: Double) throws {
    let text = main(
      "%i: tensor<i32>, %x: tensor<f64>", "tensor<f64>",
      """
      %0 = "stablehlo.case"(%i) ({
        %1 = stablehlo.add %x, %one : tensor<f64>
        stablehlo.return %1 : tensor<f64>
      }, {
        %1 = func.call @square(%x) : (tensor<f64>) -> tensor<f64>
        stablehlo.return %1 : tensor<f64>
      }, {
        %1 = stablehlo.negate %x : tensor<f64>
        stablehlo.return %1 : tensor<f64>
      }) : (tensor<i32>) -> tensor<f64>
      return %0 : tensor<f64>
      """.withOne,
      """
      func.func private @square(%x: tensor<f64>) -> tensor<f64> {
        %0 = stablehlo.multiply %x, %x : tensor<f64>
        return %0 : tensor<f64>
      }
      """)
    #expect(try outputs(text, [i32([selector], []), f64([2], [])]) == [f64([expected], [])])
  }

  @Test(arguments: [(true, 1.0), (false, 2.0)])
  func ifChoosesTheFirstWhereTrue(_ flag: Bool, _ expected: Double) throws {
    let text = main(
      "%p: tensor<i1>", "tensor<f64>",
      """
      %0 = "stablehlo.if"(%p) ({
        stablehlo.return %one : tensor<f64>
      }, {
        %1 = stablehlo.add %one, %one : tensor<f64>
        stablehlo.return %1 : tensor<f64>
      }) : (tensor<i1>) -> tensor<f64>
      return %0 : tensor<f64>
      """.withOne)
    #expect(try outputs(text, [Tensor(flag)]) == [f64([expected], [])])
  }

  /// yᵢ = tanh(xᵢ + h), h = yᵢ, as a scan is written; `index` says which row a step takes.
  static func scan(rows: Int, index: String, _ declared: String = "") -> String {
    main(
      "%x: tensor<\(rows)x2xf64>, %h0: tensor<2xf64>", "tensor<\(rows)x2xf64>, tensor<2xf64>",
      """
      %c = stablehlo.constant dense<0> : tensor<i32>
      %n = stablehlo.constant dense<\(rows)> : tensor<i32>
      %zero = stablehlo.constant dense<0.0> : tensor<\(rows)x2xf64>
      %0:4 = stablehlo.while(%xs = %x, %i = %c, %h = %h0, %ys = %zero) : tensor<\(rows)x2xf64>, tensor<i32>, tensor<2xf64>, tensor<\(rows)x2xf64>
      cond {
        %p = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
      } do {
        %z = stablehlo.constant dense<0> : tensor<i32>
        %one = stablehlo.constant dense<1> : tensor<i32>
        \(index)
        %1 = stablehlo.dynamic_slice %xs, %k, %z, sizes = [1, 2] : (tensor<\(rows)x2xf64>, tensor<i32>, tensor<i32>) -> tensor<1x2xf64>
        %2 = stablehlo.reshape %1 : (tensor<1x2xf64>) -> tensor<2xf64>
        %3 = stablehlo.add %2, %h : tensor<2xf64>
        %4 = stablehlo.tanh %3 : tensor<2xf64>
        %5 = stablehlo.broadcast_in_dim %4, dims = [1] : (tensor<2xf64>) -> tensor<1x2xf64>
        %6 = stablehlo.dynamic_update_slice %ys, %5, %k, %z : (tensor<\(rows)x2xf64>, tensor<1x2xf64>, tensor<i32>, tensor<i32>) -> tensor<\(rows)x2xf64>
        %7 = stablehlo.add %i, %one : tensor<i32>
        stablehlo.return %xs, %7, %4, %6 : tensor<\(rows)x2xf64>, tensor<i32>, tensor<2xf64>, tensor<\(rows)x2xf64>
      }
      return %0#3, %0#2 : tensor<\(rows)x2xf64>, tensor<2xf64>
      """)
  }

  static let forward = "%k = stablehlo.add %i, %z : tensor<i32>"
  static let backward = """
    %l = stablehlo.subtract %n, %i : tensor<i32>
    %k = stablehlo.subtract %l, %one : tensor<i32>
    """
  /// As indices of arrays are written that may be negative.
  static let normalized = """
    %neg = stablehlo.compare LT, %i, %z, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %far = stablehlo.add %i, %n : tensor<i32>
    %k = stablehlo.select %neg, %far, %i : tensor<i1>, tensor<i32>
    """
  static let shifted = "%k = stablehlo.add %i, %one : tensor<i32>"

  @Test(arguments: [forward, backward, normalized])
  func scansHaveRowsAndStacks(_ index: String) throws {
    let graph = try function(Self.scan(rows: 3, index: index))
    let loop = try #require(graph.nodes.compactMap { $0.operation as? Loop }.first)
    #expect(loop.scannedCount == 1 && loop.stackCount == 1 && loop.carriedCount == 1)
    #expect(loop.countIsKnown && loop.bound == 3)

    let x: [Double] = [0.1, -0.2, 0.3, 0.5, -0.4, 0.25]
    var order = [0, 1, 2]
    if index == Self.backward { order.reverse() }
    var h = [0.5, -0.5]
    var ys = [Double](repeating: 0, count: 6)
    for k in order {
      for j in 0..<2 {
        h[j] = tanh(x[2 * k + j] + h[j])
        ys[2 * k + j] = h[j]
      }
    }
    let found = try outputs(of: graph, [f64(x, [3, 2]), f64([0.5, -0.5])])
    for (a, b) in zip(found[0].doubles + found[1].doubles, ys + h) { #expect(abs(a - b) < 1e-15) }
  }

  /// The last row is read twice, since the window is moved inside: no scan.
  @Test func rowsAtOtherPlacesStay() throws {
    let graph = try function(Self.scan(rows: 3, index: Self.shifted))
    let loop = try #require(graph.nodes.compactMap { $0.operation as? Loop }.first)
    #expect(loop.scannedCount == 0 && loop.stackCount == 0)
    let x = f64([0, 0, 1, 1, 2, 2], [3, 2])
    let found = try outputs(of: graph, [x, f64([0, 0])])[0].doubles
    #expect(found[0] == 0 && abs(found[2] - tanh(1)) < 1e-15)
    #expect(abs(found[4] - tanh(2 + tanh(2 + tanh(1)))) < 1e-15)
  }

  /// The gradient of a scan against differences.
  @Test(arguments: [forward, backward, shifted])
  func scansHaveDerivatives(_ index: String) throws {
    let graph = try function(Self.scan(rows: 3, index: index))
    let gradient = try Engine().compile(graph.derivative(.vjp))
    let value = try Engine().compile(graph)
    let x: [Double] = [0.1, -0.2, 0.3, 0.5, -0.4, 0.25]
    let (ct, ctH) = (f64([1, -2, 3, 0.5, -1, 2], [3, 2]), f64([0.3, -0.7]))
    func loss(_ x: [Double]) throws -> Double {
      let y = try value([f64(x, [3, 2]), f64([0.5, -0.5])])
      return zip(y[0].doubles, ct.doubles).reduce(0) { $0 + $1.0 * $1.1 }
        + zip(y[1].doubles, ctH.doubles).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let dx = try gradient([f64(x, [3, 2]), f64([0.5, -0.5]), ct, ctH])[2].doubles
    for k in x.indices {
      var (low, high) = (x, x)
      low[k] -= 1e-6
      high[k] += 1e-6
      #expect(abs((try loss(high) - loss(low)) / 2e-6 - dx[k]) < 1e-7)
    }
  }

  @Test func loopsOfUnknownLengthStayLoops() throws {
    let text = main(
      "%x: tensor<f64>", "tensor<f64>, tensor<i32>",
      """
      %c = stablehlo.constant dense<0> : tensor<i32>
      %0:2 = "stablehlo.while"(%x, %c) ({
      ^bb0(%y: tensor<f64>, %i: tensor<i32>):
        %p = stablehlo.compare GT, %y, %one, FLOAT : (tensor<f64>, tensor<f64>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
      }, {
      ^bb0(%y: tensor<f64>, %i: tensor<i32>):
        %half = stablehlo.constant dense<0.5> : tensor<f64>
        %z = stablehlo.multiply %y, %half : tensor<f64>
        %k = stablehlo.constant dense<1> : tensor<i32>
        %j = stablehlo.add %i, %k : tensor<i32>
        stablehlo.return %z, %j : tensor<f64>, tensor<i32>
      }) : (tensor<f64>, tensor<i32>) -> (tensor<f64>, tensor<i32>)
      return %0#0, %0#1 : tensor<f64>, tensor<i32>
      """.withOne)
    let graph = try function(text)
    #expect(try outputs(of: graph, [f64([10], [])]) == [f64([0.625], []), i32([4], [])])
    let gradient = try Engine().compile(graph.derivative(.vjp))
    #expect(try gradient([f64([10], []), f64([1], [])])[2] == f64([0.0625], []))
  }

  @Test func stoppedGradientsAreConstants() throws {
    let text = main(
      "%x: tensor<f64>", "tensor<f64>",
      """
      %0 = stablehlo.custom_call @jitgrad.stop_gradient(%x) : (tensor<f64>) -> tensor<f64>
      %1 = stablehlo.multiply %0, %x : tensor<f64>
      return %1 : tensor<f64>
      """)
    let gradient = try function(text).derivative(.gradient)
    #expect(try outputs(of: gradient, [f64([3], [])])[1] == f64([3], []))
  }
}

extension String {
  /// Behind a constant 1.
  fileprivate var withOne: String { "%one = stablehlo.constant dense<1.0> : tensor<f64>\n" + self }
}
