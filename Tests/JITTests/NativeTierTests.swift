// The second tier from outside: who gets there, what is kept on disk and trusted, and what happens without
// a compiler.
import Dispatch
import Foundation
import Frontend
import Graph
import Testing

@testable import JIT

@Suite struct NativeTierTests {
  /// sum(sin(k x)^2) for k below n: a loop that takes a while.
  private func waves() throws -> Graph {
    let builder = GraphBuilder(name: "waves")
    let x = builder.addInput("x", TensorType(.f64, [.symbol("n")]))
    let y = apply(.sin, x)
    builder.addOutput("y", (y * y).sum(over: [0]))
    return try builder.finished()
  }

  private let numbers = Tensor((0..<10_000).map { Double($0) * 0.001 }, shape: [10_000])

  private static let hasCompiler = (try? NativeCompiler.ofSystem.get()) != nil

  /// A directory of this test alone, removed behind it.
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("jit-grad-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body(directory)
  }

  @Test(.enabled(if: hasCompiler)) func requiredKernelsAreNativeAtOnce() throws {
    let engine = Engine(nativeTier: .required)
    let kernel = try engine.compile(waves())
    #expect(kernel.isNative)
    #expect(engine.counters.nativeCompiles + engine.counters.nativeLoads == 1)
    let first = try Engine(nativeTier: .off).compile(waves())
    #expect(!first.isNative)
    #expect(try kernel([numbers]) == first([numbers]))
    // The next engine finds the object on disk.
    let next = Engine(nativeTier: .required)
    _ = try next.compile(waves())
    if NativeCache.ofUser != nil {
      #expect(next.counters.nativeLoads == 1 && next.counters.nativeCompiles == 0)
    }
  }

  /// Calls go on while the kernel is compiled, and give the same before and after.
  @Test(.enabled(if: hasCompiler)) func earnedInTheBackground() throws {
    let engine = Engine(nativeTier: .background)
    let kernel = try engine.compile(waves())
    let numbers = numbers
    let expected = try kernel([numbers])
    #expect(!kernel.isNative)
    // Threads of their own: tasks may have to wait for other tests.
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
      let end = ContinuousClock.now + .seconds(120)
      while !kernel.isNative && ContinuousClock.now < end {
        let found = try? kernel([numbers])
        #expect(found == expected)
      }
      let found = try? kernel([numbers])
      #expect(found == expected)
    }
    #expect(kernel.isNative)
    #expect(engine.counters.compiles == 1)
  }

  @Test func offMeansOff() throws {
    let engine = Engine(nativeTier: .off)
    let kernel = try engine.compile(waves())
    let error = #expect(throws: NativeError.self) { try kernel.compileNatively() }
    #expect(
      error?.description
        == "this kernel has no second tier: the engine was told to use no C compiler")
    #expect(!kernel.isNative)
  }

  /// What is required and cannot be had is an error, and no kernel of the other tier.
  @Test func longKernelsAreRefused() throws {
    let builder = GraphBuilder(name: "long")
    let x = builder.addInput("x", TensorType(.f64, [70_000]))
    let table = Tensor((0..<70_000).map { 1 / (Double($0) + 0.1) }, shape: [70_000])
    builder.addOutput("y", x * builder.constant(table))
    let graph = try builder.finished()
    let error = #expect(throws: NativeError.self) {
      try Engine(nativeTier: .required).compile(graph)
    }
    #expect(error?.stage == NativeError.Stage.none)
    #expect(try !Engine().compile(graph).isNative)
  }

  @Test func withoutACompiler() throws {
    let error = #expect(throws: NativeError.self) {
      try NativeCompiler(command: "there-is-no-such-compiler")
    }
    #expect(error?.stage == .start)
    #expect(
      error?.description.hasPrefix(
        "no C compiler: there-is-no-such-compiler: No such file or directory\nhelp: install gcc")
        ?? false)
    // One that fails is none.
    #expect(throws: NativeError.self) { try NativeCompiler(command: "false") }
  }

  @Test(.enabled(if: hasCompiler)) func whatTheCompilerSaysIsTold() throws {
    let compiler = try NativeCompiler.ofSystem.get()
    let error = #expect(throws: NativeError.self) {
      _ = try compiler.compile("int entry(void) { return nothing; }", options: [])
    }
    #expect(error?.stage == .compile)
    #expect(error?.messages.contains("nothing") ?? false)
  }

  // MARK: - On disk

  @Test func keptObjectsAreFoundByTheirWholeKey() throws {
    try withDirectory { directory in
      let cache = try #require(NativeCache(directory: directory + "/cache"))
      let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      #expect(cache.find("key") == nil)
      let path = try #require(cache.keep(bytes, for: "key"))
      #expect(cache.find("key") == path)
      #expect(cache.find("other key") == nil)
      let whole = try FileIO.read(path)
      #expect(whole.starts(with: bytes))
      // Any byte that changes, and any that is missing, is noticed.
      for place in [0, 500, 999, 1001, 1003, 1011, 1019, whole.count - 1] {
        var damaged = whole
        damaged[place] ^= 1
        try FileIO.write(damaged, to: path)
        #expect(cache.find("key") == nil, "byte \(place)")
      }
      for count in [0, 10, whole.count - 1] {
        try FileIO.write(Array(whole[..<count]), to: path)
        #expect(cache.find("key") == nil, "\(count) bytes")
      }
      try FileIO.write(whole, to: path)
      #expect(cache.find("key") == path)
      // Nor is one that others could have written; a new one takes its place.
      chmod(path, 0o666)
      #expect(cache.find("key") == nil)
      #expect(cache.keep(bytes, for: "key") == path && cache.find("key") == path)
    }
  }

  /// Who could write there could run code here.
  @Test func directoriesOfOthersAreNotUsed() throws {
    try withDirectory { directory in
      #expect(NativeCache(directory: directory) != nil)
      chmod(directory, 0o777)
      #expect(NativeCache(directory: directory) == nil)
      chmod(directory, 0o700)
      symlink(directory, directory + "/link")
      #expect(NativeCache(directory: directory + "/link") == nil)
      #expect(NativeCache(directory: "/proc/none") == nil)
    }
  }

  @Test func theLeastRecentlyUsedMakeRoom() throws {
    try withDirectory { directory in
      let cache = try #require(NativeCache(directory: directory + "/cache", capacity: 5000))
      for k in 0..<6 {
        let path = try #require(cache.keep([UInt8](repeating: 1, count: 1500), for: "key \(k)"))
        var times = [
          timespec(tv_sec: 1000 + k, tv_nsec: 0), timespec(tv_sec: 1000 + k, tv_nsec: 0),
        ]
        if k > 0 { utimensat(AT_FDCWD, path, &times, 0) }
      }
      #expect(cache.find("key 5") != nil)
      #expect(cache.find("key 1") == nil)
      #expect(cache.files.count == 3 && cache.files.reduce(0) { $0 + $1.byteCount } <= 5000)
    }
  }

  /// What a process left behind that was ended while it wrote counts and goes like all else; files of
  /// others stay.
  @Test func whatWasLeftBehindGoes() throws {
    try withDirectory { directory in
      let cache = try #require(NativeCache(directory: directory, capacity: 5000))
      let old = directory + "/.jit-grad-abc.tmp"
      try FileIO.write([UInt8](repeating: 0, count: 4000), to: old)
      try FileIO.write([UInt8](repeating: 0, count: 4000), to: directory + "/letter.txt")
      var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
      utimensat(AT_FDCWD, old, &times, 0)
      let path = try #require(cache.keep([UInt8](repeating: 1, count: 1500), for: "key"))
      #expect(cache.files.map(\.path) == [path])
      #expect(access(directory + "/letter.txt", F_OK) == 0)
    }
  }
}
