// Gradients of loops against the same by hand in C (benchmarks/reference), compiled by gcc -O3 and by
// tcc: what compiling them takes, what a call takes, and whether the values agree.
import Autodiff
import Frontend
import Glibc
import Graph
import JIT

/// A program with inputs, and its reference.
private struct LoopBenchmark {
  let name: String
  let what: String
  let text: String
  let function: String
  /// Inputs in the order of the file.
  let inputs: [Tensor]
  /// What the reference gets as its size.
  let size: Int
}

func measureLoops() throws {
  let folder = "benchmarks"
  guard access("\(folder)/reference", R_OK) == 0 else {
    print("  needs \(folder)/reference; run it in the project's folder")
    return
  }
  guard let scratch = Scratch() else { return print("  cannot make a folder for references") }
  let compilers = [
    ("gcc -O3", "cc -O3 -march=native -ffp-contract=off -std=c11"), ("tcc", "tcc"),
  ].filter { name, command in
    let isThere = shell("command -v \(command.prefix { $0 != " " }) >/dev/null")
    if !isThere { print("  there is no \(name) here to compare with") }
    return isThere
  }
  for benchmark in try benchmarks(folder) {
    print("  \(benchmark.name): \(benchmark.what)")
    let gradient = try graph(benchmark).derivative(.gradient)
    let compiles = try processorSeconds(10) { _ = try Engine().compile(gradient) }
    row("  compile the gradient", compiles, goal: "5 ms")
    let kernel = try Engine().compile(gradient)
    let found = try kernel(benchmark.inputs)
    let calls = try processorSeconds(60) { _ = try kernel(benchmark.inputs) }
    row("  value and gradient", calls)
    for (name, command) in compilers {
      guard
        let reference = Reference(
          "\(folder)/reference/\(benchmark.name).c", command, name, in: scratch)
      else {
        print("    \(name): the reference does not compile")
        continue
      }
      let (expected, times) = reference.measured(benchmark, like: found)
      row("  by hand in C, \(name)", times)
      let ratio = (calls[0] / times[0] * 100).rounded() / 100
      print("      ours takes \(ratio) of that; values differ by \(difference(found, expected))")
    }
  }
}

private func graph(_ benchmark: LoopBenchmark) throws -> Graph {
  let file = GraphFile(SourceFile(name: benchmark.name, text: benchmark.text))
  guard let graph = file.graphs.first(where: { $0.name == benchmark.function }) else {
    throw BenchmarkError(description: "\(benchmark.name).jg has no function \(benchmark.function)")
  }
  return graph
}

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
}

/// The largest relative difference of two lists of arrays.
private func difference(_ a: [Tensor], _ b: [Tensor]) -> Double {
  var worst = 0.0
  for (x, y) in zip(a, b) {
    let (xs, ys) = (x.doubles, y.doubles)
    let scale = ys.reduce(1e-300) { max($0, abs($1)) }
    for (p, q) in zip(xs, ys) {
      let relative = abs(p - q) / scale
      worst = relative.isNaN ? .infinity : max(worst, relative)
    }
  }
  return worst
}

// MARK: - Programs

private func benchmarks(_ folder: String) throws -> [LoopBenchmark] {
  func read(_ name: String) throws -> String {
    guard let file = fopen("\(folder)/programs/\(name).jg", "r") else {
      throw BenchmarkError(description: "cannot read \(folder)/programs/\(name).jg")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }
  var state: UInt64 = 7
  /// Numbers between -scale and scale.
  func random(_ shape: [Int], _ scale: Double) -> Tensor {
    Tensor(
      (0..<shape.reduce(1, *)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return scale * (Double(state >> 11) / 0x1p52 - 1)
      }, shape: shape)
  }
  let masses = Tensor([1.0, 0.5, 0.25, 0.3, 0.2], shape: [5])
  return [
    LoopBenchmark(
      name: "ring", what: "60 carried scalars, 614 steps", text: ring, function: "ring",
      inputs: (0..<60).map { _ in random([], 1) } + [Tensor(2.0), Tensor(0.5)], size: 0),
    LoopBenchmark(
      name: "lstm", what: "two layers of 14, 1024 steps", text: try read("lstm"), function: "lstm",
      inputs: [[4, 14], [4, 14], [4, 14], [4, 14], [14], [14], [14], [14], [14], [14], [14]].map {
        random($0, 1)
      } + [Tensor(random([1024, 14], 1).doubles.map { $0 > 0 ? 1.0 : 0.0 }, shape: [1024, 14])],
      size: 1024),
    LoopBenchmark(
      name: "pendulum", what: "1000 steps of a leapfrog", text: try read("pendulum"),
      function: "pendulum", inputs: [1.2, 0.1, 9.81, 0.05].map { Tensor($0) }, size: 0),
    LoopBenchmark(
      name: "bodies", what: "5 bodies, 1000 steps of a leapfrog", text: try read("bodies"),
      function: "bodies", inputs: [random([5, 3], 1), random([5, 3], 0.3), masses], size: 5),
    LoopBenchmark(
      name: "kepler", what: "Newton's method by while, for 1000 anomalies",
      text: try read("kepler"), function: "kepler", inputs: [random([1000], 3), Tensor(0.7)],
      size: 1000),
  ]
}

/// 30 oscillators in a ring, each position and velocity a scalar of its own.
private let ring: String = {
  let count = 30
  func list(_ separator: String, _ item: (Int) -> String) -> String {
    (0..<count).map(item).joined(separator: separator)
  }
  return """
    jitgrad 1
    func ring(
      \(list(", ") { "a\($0): f64" }),
      \(list(", ") { "b\($0): f64" }), c: f64, k: f64
    ) -> (energy: f64) {
      h = 0.01
      \(list(", ") { "x\($0)" }), \(list(", ") { "v\($0)" }) = for i in 0..<614 carry
        \(list(", ") { "x\($0) = a\($0)" }), \(list(", ") { "v\($0) = b\($0)" }) {
        \(list("\n    ") { i in
          "w\(i) = v\(i) + h * (c * (x\((i + count - 1) % count) + x\((i + 1) % count) - 2 * x\(i))"
            + " - k * x\(i) - x\(i) * x\(i) * x\(i))"
        })
        \(list(", ") { "x\($0) + h * w\($0)" }), \(list(", ") { "w\($0)" })
      }
      energy = \(list(" + ") { "x\($0)^2 + v\($0)^2" })
    }

    """
}()

// MARK: - References

/// A folder that is removed with what is in it.
private final class Scratch {
  let path: String

  init?() {
    var name = Array("/tmp/jit-grad-benchmarks-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { return nil }
    path = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { _ = shell("rm -r '\(path)'") }
}

/// Whether a command of the shell ended with 0.
private func shell(_ command: String) -> Bool { system(command) == 0 }

/// A compiled reference.
private struct Reference {
  typealias Run =
    @convention(c) (
      UnsafePointer<UnsafePointer<Double>?>?, UnsafePointer<UnsafeMutablePointer<Double>?>?, Int64
    ) -> Void

  private let run: Run

  init?(_ file: String, _ command: String, _ name: String, in scratch: Scratch) {
    let stem = file.split(separator: "/").last?.dropLast(2) ?? ""
    let library = "\(scratch.path)/\(stem)-\(name.prefix(3)).so"
    guard shell("\(command) -fPIC -shared -o '\(library)' '\(file)' -lm"),
      let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(handle, "run")
    else { return nil }
    run = unsafeBitCast(symbol, to: Run.self)
  }

  /// Outputs like those of the kernel, and what calls take.
  func measured(
    _ benchmark: LoopBenchmark, like: [Tensor]
  ) -> (outputs: [Tensor], times: [Double]) {
    let inputs = benchmark.inputs.map { tensor in
      let copy = UnsafeMutablePointer<Double>.allocate(capacity: max(tensor.count, 1))
      for (k, x) in tensor.doubles.enumerated() { copy[k] = x }
      return copy
    }
    let outputs = like.map { UnsafeMutablePointer<Double>.allocate(capacity: max($0.count, 1)) }
    defer { for memory in inputs + outputs { memory.deallocate() } }
    let given = inputs.map { UnsafePointer<Double>?($0) }
    let results = outputs.map { UnsafeMutablePointer<Double>?($0) }
    let times = processorSeconds(60) { run(given, results, Int64(benchmark.size)) }
    let made = zip(like, outputs).map { tensor, memory in
      Tensor(Array(UnsafeBufferPointer(start: memory, count: tensor.count)), shape: tensor.shape)
    }
    return (made, times)
  }
}
