// How libtcc is driven: typed errors, what C text can reach, protection of pages, many callers.
import Glibc
import JIT
import Testing
import runtime

@Suite struct TCCCompilerTests {
  let compiler = TCCCompiler()

  @Test func anErrorNamesItsLine() {
    let error = failure("int f(void) {\n  return x + 1;\n}\n", ["f"])
    #expect(error?.stage == .compile)
    #expect(error?.messages == [.init(line: 2, text: "error: 'x' undeclared")])
    #expect(error?.description.contains("return x + 1;") == true)
    #expect(error?.source.contains("int f") == true)
  }

  @Test func aWarningIsAnError() {
    let error = failure("double f(double x) { return fabs(x); }", ["f"])
    #expect(error?.stage == .compile)
    #expect(error?.messages.first?.text.contains("implicit declaration") == true)
  }

  @Test func onlyTheTableLinks() {
    let error = failure("int system(const char *); int f(void) { return system(0); }", ["f"])
    #expect(error?.stage == .link)
    #expect(error?.messages.first?.text.contains("'system'") == true)
    #expect(failure("#include <stdlib.h>\nint f(void) { return 0; }", ["f"])?.stage == .compile)
  }

  @Test func aMissingEntryIsAnError() {
    #expect(failure("int f(void) { return 0; }", ["f", "g"])?.stage == .link)
  }

  @Test func entriesComeInTheOrderAskedFor() throws {
    let code = try compiler.compile(
      "int one(void) { return 1; }\nint two(void) { return 2; }", entries: ["two", "one"])
    typealias F = @convention(c) () -> Int32
    #expect(code.withEntry(0, as: F.self) { $0() } == 2)
    #expect(code.withEntry(1, as: F.self) { $0() } == 1)
  }

  @Test func aTextAfterAnErrorCompiles() throws {
    for _ in 0..<100 {
      #expect(failure("int f(void) { return \"; }", ["f"])?.stage == .compile)
      let code = try compiler.compile("int f(void) { return 7; }", entries: ["f"])
      #expect(code.byteCount > 0)
    }
  }

  @Test func finishedCodeIsNotWritable() throws {
    let code = try compiler.compile(
      "static const double k[2] = {1.5, 2.5};\ndouble f(long i) { return k[i]; }", entries: ["f"])
    let address = UInt(bitPattern: code.entries[0])
    let regions = memoryRegions()
    #expect(!regions.isEmpty)
    #expect(regions.first { $0.range.contains(address) }?.protection == "r-xp")
    typealias F = @convention(c) (Int) -> Double
    #expect(code.withEntry(0, as: F.self) { $0(1) } == 2.5)
  }

  /// libtcc asks once a compile for pages that are writable and executable, and does not get them.
  @Test func noPageIsWritableAndExecutable() throws {
    let before = jg_protection_refusals()
    let code = try compiler.compile("int f(void) { return 7; }", entries: ["f"])
    #expect(jg_protection_refusals() == before + 1)
    #expect(code.withEntry(0, as: (@convention(c) () -> Int32).self) { $0() } == 7)
  }

  @Test func whatIsRefusedIsExecutionOnly() throws {
    let byteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
    let page = try #require(
      mmap(nil, byteCount, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { munmap(page, byteCount) }
    jg_protection_begin()
    let result = mprotect(page, byteCount, PROT_READ | PROT_WRITE | PROT_EXEC)
    jg_protection_end()
    #expect(result == 0)
    let address = UInt(bitPattern: page)
    #expect(memoryRegions().first { $0.range.contains(address) }?.protection == "rw-p")
  }

  @Test func manyCallersCompileAtOnce() async throws {
    let sums = try await withThrowingTaskGroup(of: Int.self) { group in
      for task in 0..<8 {
        group.addTask {
          var sum = 0
          for k in 0..<40 {
            let code = try TCCCompiler().compile(
              "long f(void) { return \(task * 1000 + k); }", entries: ["f"])
            sum += code.withEntry(0, as: (@convention(c) () -> Int).self) { $0() }
          }
          return sum
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums.sorted() == (0..<8).map { $0 * 40_000 + 780 })
  }

  /// The loop of the memory benchmark, short: everything a compile takes is given back.
  @Test func compilingAndFreeingKeepsMemoryFlat() throws {
    func round(_ k: Int) throws {
      let code = try compiler.compile("long f\(k)(void) { return \(k); }", entries: ["f\(k)"])
      _ = consume code
    }
    /// Pages that 500 rounds keep. Other tests run in this process, so one flat window is enough:
    /// a leak shows in every one of them.
    func growth() throws -> Int {
      let before = residentPages()
      for k in 0..<500 { try round(k) }
      return residentPages() - before
    }
    _ = try growth()
    #expect(try (0..<20).contains { _ in try growth() < 50 })
  }

  private func failure(_ source: String, _ entries: [String]) -> TCCError? {
    do {
      _ = try compiler.compile(source, entries: entries)
      return nil
    } catch {
      return error
    }
  }
}

private struct MemoryRegion {
  var range: Range<UInt>
  var protection: String
}

/// The lines of /proc/self/maps.
private func memoryRegions() -> [MemoryRegion] {
  guard let file = fopen("/proc/self/maps", "r") else { return [] }
  defer { fclose(file) }
  var regions: [MemoryRegion] = []
  var line = [CChar](repeating: 0, count: 4096)
  while fgets(&line, Int32(line.count), file) != nil {
    let words = String(
      decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self
    )
    .split(separator: " ")
    let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
    regions.append(MemoryRegion(range: ends[0]..<ends[1], protection: String(words[1])))
  }
  return regions
}
