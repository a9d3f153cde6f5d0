// Machine code in memory: who owns it, how long addresses live, and which protection it has when.
// Pages are writable while they are filled, and read-and-execute before an address is handed out;
// never writable and executable at once (jg_protection.h).
import Glibc

/// Functions that tcc compiled, in a mapping of their own.
///
/// The code, its constants and its static data lie in one read-and-execute mapping, so C text has
/// no writable globals. Addresses are valid until the value is destroyed; whoever keeps one outside
/// (a kernel that is shared and called concurrently) keeps the owner alive, in a class.
package struct CompiledCode: ~Copyable {
  private let mapping: CodeMapping
  /// The functions that were asked for, in that order.
  package let entries: [UnsafeRawPointer]

  init(mapping: consuming CodeMapping, entries: [UnsafeRawPointer]) {
    self.mapping = mapping
    self.entries = entries
  }

  /// What the code occupies, in whole pages.
  package var byteCount: Int { mapping.byteCount }

  /// Hands an entry to `body` as a function of C type `type`, which must be the one it has in C;
  /// it may be called only within.
  package borrowing func withEntry<Function, Result>(
    _ index: Int, as type: Function.Type, _ body: (Function) throws -> Result
  ) rethrows -> Result {
    try body(unsafeBitCast(entries[index], to: type))
  }
}

// Immutable after construction; the memory is read-only.
extension CompiledCode: @unchecked Sendable {}

/// Pages for code: readable and writable first, readable and executable once sealed.
struct CodeMapping: ~Copyable {
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  /// Maps at least `byteCount` bytes, readable and writable; the errno where the system refuses.
  init(byteCount: Int) throws(SystemCallError) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    self.byteCount = Swift.max(1, (byteCount + page - 1) / page) * page
    let address = mmap(
      nil, self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address, address != MAP_FAILED else {
      throw SystemCallError(call: "mmap", number: errno)
    }
    start = address
  }

  /// Makes the pages executable and read-only, for good.
  borrowing func seal() throws(SystemCallError) {
    guard mprotect(start, byteCount, PROT_READ | PROT_EXEC) == 0 else {
      throw SystemCallError(call: "mprotect", number: errno)
    }
  }

  deinit { munmap(start, byteCount) }
}

/// A system call that failed.
struct SystemCallError: Error {
  let call: String
  /// The errno.
  let number: Int32

  var message: TCCError.Message {
    TCCError.Message(line: nil, text: "\(call): \(String(cString: strerror(number)))")
  }
}
