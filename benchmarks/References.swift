// Programs against the same by hand in C (benchmarks/reference): what compiling their gradients takes,
// what a call takes, and whether the values agree.
import Autodiff
import Frontend
import Glibc
import Graph
import JIT

/// A program with inputs, and its reference.
struct ReferenceBenchmark {
  let name: String
  let what: String
  let text: String
  let function: String
  /// Inputs in the order of the file.
  let inputs: [Tensor]
  /// What the reference gets as its size.
  let size: Int
  /// How often it is measured.
  var calls = 60
}

/// How references are compiled.
enum ReferenceCompiler {
  static let gcc = (name: "gcc -O3", command: "cc -O3 -march=native -ffp-contract=off -std=c11")
  /// With sums in any order, and libm's vectors.
  static let gccFast = (name: "fast gcc", command: "cc -O3 -march=native -ffast-math -std=c11")
  static let tcc = (name: "tcc", command: "tcc")
}

/// Measures programs beside their references, each by all compilers that are there.
func measure(
  _ benchmarks: (_ folder: String) throws -> [ReferenceBenchmark],
  beside compilers: [(name: String, command: String)]
) throws {
  let folder = "benchmarks"
  guard access("\(folder)/reference", R_OK) == 0 else {
    print("  needs \(folder)/reference; run it in the project's folder")
    return
  }
  guard let scratch = Scratch() else { return print("  cannot make a folder for references") }
  let compilers = compilers.filter { name, command in
    let isThere = shell("command -v \(command.prefix { $0 != " " }) >/dev/null")
    if !isThere { print("  there is no \(name) here to compare with") }
    return isThere
  }
  for benchmark in try benchmarks(folder) {
    print("  \(benchmark.name): \(benchmark.what)")
    let gradient = try graph(benchmark).derivative(.gradient)
    let compiles = try processorSeconds(10) { _ = try Engine().compile(gradient) }
    row("  compile the gradient", compiles, goal: "5 ms")
    let kernel = try Engine(nativeTier: .off).compile(gradient)
    let found = try kernel(benchmark.inputs)
    let calls = try processorSeconds(benchmark.calls) { _ = try kernel(benchmark.inputs) }
    row("  value and gradient, first tier", calls)
    let native = try Engine(nativeTier: .required).compile(gradient)
    let same = try native(benchmark.inputs) == found
    let nativeCalls = try processorSeconds(benchmark.calls) { _ = try native(benchmark.inputs) }
    row("  value and gradient, second tier", nativeCalls)
    print("      \(same ? "the same bits" : "OTHER BITS")")
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
      let ratios = [calls, nativeCalls].map { ($0[0] / times[0] * 100).rounded() / 100 }
      print(
        "      ours takes \(ratios[0]) and \(ratios[1]) of that;"
          + " values differ by \(difference(found, expected))")
    }
  }
}

private func graph(_ benchmark: ReferenceBenchmark) throws -> Graph {
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

/// The text of a program of benchmarks/programs.
func program(_ name: String, _ folder: String) throws -> String {
  guard let file = fopen("\(folder)/programs/\(name).jg", "r") else {
    throw BenchmarkError(description: "cannot read \(folder)/programs/\(name).jg")
  }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
  return String(decoding: bytes, as: UTF8.self)
}

/// Numbers between -scale and scale, the same in every run.
struct BenchmarkNumbers {
  private var state: UInt64 = 7

  mutating func tensor(_ shape: [Int], _ scale: Double) -> Tensor {
    Tensor(
      (0..<shape.reduce(1, *)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return scale * (Double(state >> 11) / 0x1p52 - 1)
      }, shape: shape)
  }
}

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
    let library = "\(scratch.path)/\(stem)-\(name.filter(\.isLetter)).so"
    guard shell("\(command) -fPIC -shared -o '\(library)' '\(file)' -lm"),
      let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(handle, "run")
    else { return nil }
    run = unsafeBitCast(symbol, to: Run.self)
  }

  /// Outputs like those of the kernel, and what calls take.
  func measured(
    _ benchmark: ReferenceBenchmark, like: [Tensor]
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
    let times = processorSeconds(benchmark.calls) { run(given, results, Int64(benchmark.size)) }
    let made = zip(like, outputs).map { tensor, memory in
      Tensor(Array(UnsafeBufferPointer(start: memory, count: tensor.count)), shape: tensor.shape)
    }
    return (made, times)
  }
}
