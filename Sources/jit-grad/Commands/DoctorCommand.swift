// `jit-grad doctor`: whether this machine has what the compiler needs, and what to do where not.
import ArgumentParser
import Frontend
import Glibc
import Graph
import JIT
import runtime

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check this machine; exit 1 when something is not ok.")

  private struct Finding {
    var isOK: Bool
    var text: String
    var help: String?
  }

  func run() throws {
    let findings = [
      Self.platform, Self.compiler, Self.products, Self.strips, Self.threads, Self.memory,
      Self.temporaryDirectory, Self.cache, Self.systemCompiler,
    ]
    let lines = findings.map { finding in
      (finding.isOK ? "ok      " : "not ok  ") + finding.text + "\n"
        + (finding.help.map { "        help: \($0)\n" } ?? "")
    }
    try Console.out(lines.joined())
    if findings.contains(where: { !$0.isOK }) { throw ExitCode.negative }
  }

  private static var platform: Finding {
    #if arch(x86_64)
      let arch = "x86-64"
    #elseif arch(arm64)
      let arch = "arm64"
    #else
      let arch = "an unknown architecture"
    #endif
    #if compiler(>=6.3)
      let swift = "6.3 or newer"
    #else
      let swift = "older than 6.3"
    #endif
    return Finding(
      isOK: true,
      text: "jit-grad \(JitGradCommand.version) on Linux, \(arch), built with Swift \(swift)")
  }

  /// Compiles and runs a small function.
  private static var compiler: Finding {
    do {
      let builder = GraphBuilder(name: "doctor")
      let x = builder.addInput("x", TensorType(.f64, ["n"]))
      builder.addOutput("y", x * x + x)
      let graph = try builder.finished()
      var watch = ContinuousClock().now
      let kernel = try Engine(nativeTier: .off).compile(graph)
      let compile = (ContinuousClock().now - watch).nanoseconds
      watch = ContinuousClock().now
      let result = try kernel([Tensor([1.0, 2.0, 3.0], shape: [3])])
      let isRight = result.map(\.doubles) == [[2, 6, 12]]
      return Finding(
        isOK: isRight,
        text: "libtcc: a kernel was compiled in \(OutputText.duration(nanoseconds: compile)) and "
          + (isRight ? "computed right" : "computed wrong"),
        help: isRight ? nil : "report this, with the processor's name")
    } catch {
      return Finding(
        isOK: false, text: "libtcc: \(error)",
        help: "memory that is executable may be forbidden here (SELinux, seccomp, containers)")
    }
  }

  private static var products: Finding {
    guard jg_blas_load() == JG_BLAS_LOADED else {
      return Finding(
        isOK: false, text: "OpenBLAS: not found, so matrix products run in plain loops",
        help: "apt-get install libopenblas0-pthread")
    }
    return Finding(isOK: true, text: "OpenBLAS: \(String(cString: jg_blas_configuration()))")
  }

  private static var strips: Finding {
    let vectors = String(cString: jg_strip_vectors())
    guard jg_vector_math_status() != 0 else {
      return Finding(
        isOK: false,
        text: "strips: \(vectors), elementary functions by libm one by one, as SLEEF was not found "
          + "or the processor has no FMA",
        help: "apt-get install libsleef3")
    }
    return Finding(isOK: true, text: "strips: \(vectors), elementary functions by SLEEF")
  }

  private static var threads: Finding {
    let asked = Console.environment("JITGRAD_THREADS")
    let isOK = asked.map { Int($0).map { (1...Threads.most).contains($0) } ?? false } ?? true
    return Finding(
      isOK: isOK,
      text: "threads: \(Threads.count), for large loops and matrix products"
        + (isOK ? "" : "; JITGRAD_THREADS is '\(asked ?? "")'"),
      help: isOK ? nil : "set it to a number from 1 to \(Threads.most)")
  }

  private static var memory: Finding {
    let total = ByteCount.ofMachine
    let pages = sysconf(Int32(_SC_AVPHYS_PAGES))
    let free = pages > 0 ? pages * sysconf(Int32(_SC_PAGESIZE)) : 0
    return Finding(
      isOK: true,
      text: "memory: \(total >> 20) MiB, \(free >> 20) MiB of it free; --max-memory sets a limit")
  }

  private static var temporaryDirectory: Finding {
    let directory = Console.environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    let isOK = access(directory, W_OK | X_OK) == 0
    return Finding(
      isOK: isOK, text: "temporary directory: \(directory), for the C of internal errors",
      help: isOK ? nil : "make it writable, or set TMPDIR")
  }

  private static var cache: Finding {
    let memory = "cache: \(Engine().capacity >> 20) MiB of kernels in a process at most; "
    guard let disk = NativeSystem.cache else {
      return Finding(
        isOK: true, text: memory + "nothing on disk, as no directory is the user's alone",
        help: "set JITGRAD_CACHE to a directory that only you can write")
    }
    return Finding(
      isOK: true,
      text: memory + "second tier: \(disk.fileCount) in \(disk.directory), "
        + "\((disk.byteCount + (1 << 20) - 1) >> 20) of \(disk.capacity >> 20) MiB")
  }

  private static var systemCompiler: Finding {
    if let unknown = NativeSystem.unknownTier {
      return Finding(
        isOK: false, text: "JITGRAD_NATIVE is '\(unknown)', so there is no second tier",
        help: "set it to \(NativeTier.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    do throws(NativeError) {
      return Finding(
        isOK: true, text: "cc: \(try NativeSystem.compiler.get()), for the second tier")
    } catch {
      return Finding(isOK: true, text: "cc: none, so kernels stay in the first tier")
    }
  }
}
