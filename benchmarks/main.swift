// The benchmarks: what the README promises about time and memory, measured. Each prints its figures
// and what they are held against; none fails, because machines differ. Run by `make bench`.
//
//     benchmarks [straight-line | call | memory | stacks | loops | dense | threads | trace | library |
//                start]

import JIT

// One thread, as what it is measured against; how threads share work is a benchmark of its own.
let processors = Threads.count
Threads.count = 1

let all: [(name: String, run: () throws -> Void)] = [
  ("start", measureStart),
  ("straight-line", measureStraightLine),
  ("call", measureCall),
  ("memory", measureMemory),
  ("stacks", measureStacks),
  ("loops", measureLoops),
  ("dense", measureDense),
  ("threads", { try measureThreads(processors) }),
  ("trace", measureTrace),
  ("library", measureLibrary),
]

let wanted = Set(CommandLine.arguments.dropFirst())
let unknown = wanted.subtracting(all.map(\.name))
if unknown.isEmpty {
  for benchmark in all where wanted.isEmpty || wanted.contains(benchmark.name) {
    print("\(benchmark.name)")
    try benchmark.run()
    print("")
  }
} else {
  print("no benchmark is called \(unknown.sorted().joined(separator: ", "))")
  print("there are \(all.map(\.name).joined(separator: ", "))")
}
