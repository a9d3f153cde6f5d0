// The building simulation and the sum over an array by the toolchain's own differentiation, for
// comparison with `benchmarks library`. Built alone:
//
//     swiftc -O benchmarks/reference/Differentiation.swift -o differentiation && ./differentiation
import Glibc
import _Differentiation

struct House: Differentiable {
  var tube: Double
  var slab: Double
  var room: Double
  var flow: Double
  var supply: Double
  var outside: Double
}

@differentiable(reverse)
func step(_ h: House) -> House {
  let velocity = h.flow / 0.000285
  let reynolds = velocity * 0.019 / 6.6e-7
  let nusselt = 0.023 * exp(0.8 * log(reynolds)) * 1.56
  let resistance = 0.019 / (nusselt * 0.6 * 6.8) + 0.0052
  let toSlab = (h.tube - h.slab) / resistance
  let toRoom = (h.slab - h.room) * 11.3 * 40.0
  let lost = (h.room - h.outside) * 132.0 + (h.room - 18.0) * (h.room - 18.0) * 0.8
  let inflow = (h.supply - h.tube) * h.flow * 4180.0 * 990.0
  return House(
    tube: h.tube + 0.5 * (inflow - toSlab) / 92000.0,
    slab: h.slab + 0.5 * (toSlab - toRoom) / 8_600_000.0,
    room: h.room + 0.5 * (toRoom - lost) / 610_000.0, flow: h.flow, supply: h.supply,
    outside: h.outside)
}

@differentiable(reverse)
func simulate(_ start: House) -> Double {
  var h = start
  for _ in 0..<1000 { h = step(h) }
  return (h.room - 21) * (h.room - 21)
}

@differentiable(reverse)
func sum(_ x: [Double]) -> Double {
  var total = 0.0
  for i in withoutDerivative(at: 0..<x.count) { total += x[i] }
  return total
}

func best(_ rounds: Int, _ body: () -> Void) -> Duration {
  let clock = ContinuousClock()
  return (0..<rounds).map { _ in clock.measure(body) }.min() ?? .zero
}

let start = House(
  tube: 33.3, slab: 22.0, room: 19.0, flow: 0.00025, supply: 38.0, outside: 5.0)
var value = 0.0
print("building simulation, value:", best(50) { value = simulate(start) })
print(
  "building simulation, value and gradient:",
  best(50) {
    value = valueWithGradient(at: start, of: simulate).value
  })
print(valueWithGradient(at: start, of: simulate))
let x = [Double](repeating: 0.5, count: 16_000)
print("gradient of the sum of 16 000 elements:", best(1) { _ = gradient(at: x, of: sum) })
