// C text to machine code through libtcc, in process: no headers, no files, no environment. Decides
// how libtcc is driven and what it may see; what the C says is CEmit's, who keeps the code is the
// caller's. libtcc 0.9.27 has global state behind a semaphore that it makes without a lock, so all
// of a compile runs under one mutex of ours; callers on any number of threads are safe.
import CTCC
import Glibc
import Synchronization
import runtime

/// Compiles C text whose only outside names are those of the runtime's symbol table.
package struct TCCCompiler: Sendable {
  package init() {}

  /// Machine code for `source`, with the addresses of the functions `entries`.
  ///
  /// - Requires: at most 64 levels of nesting of any kind in the text: tcc recurses, about 0.9 KB
  ///   of stack a level, and a deeper text would end the process on a thread of 512 KB.
  /// - Complexity: about 0.12 ms, and 1–2 µs a statement; linear.
  /// - Throws: `TCCError` for anything that tcc reports, warnings included.
  package func compile(
    _ source: String, entries: [String]
  ) throws(TCCError) -> CompiledCode {
    let messages = MessageLog()
    func failure(_ stage: TCCError.Stage) -> TCCError {
      TCCError(stage: stage, messages: messages.all, source: source)
    }
    return try oneAtATime.withLock { _ throws(TCCError) -> CompiledCode in
      guard let state = TCCState(reportingTo: messages) else { throw failure(.start) }
      guard state.compile(source), messages.all.isEmpty else { throw failure(.compile) }
      guard let byteCount = state.byteCount, messages.all.isEmpty else { throw failure(.link) }
      do {
        let mapping = try CodeMapping(byteCount: byteCount)
        guard state.relocate(to: mapping), messages.all.isEmpty else { throw failure(.link) }
        let addresses = state.addresses(of: entries, reportingTo: messages)
        guard addresses.count == entries.count else { throw failure(.link) }
        try mapping.seal()
        return CompiledCode(mapping: mapping, entries: addresses)
      } catch let error as SystemCallError {
        messages.all.append(error.message)
        throw failure(.memory)
      } catch {
        throw failure(.link)
      }
    }
  }
}

/// Held from the making of a libtcc state to its end.
private let oneAtATime = Mutex(())

/// What libtcc said, in order. Used under the mutex, on one thread.
private final class MessageLog {
  var all: [TCCError.Message] = []
}

/// One use of libtcc, ended by `deinit`.
private struct TCCState: ~Copyable {
  private let state: OpaquePointer

  /// A compiler to memory that knows no header, no library and no symbol.
  init?(reportingTo log: MessageLog) {
    guard let state = tcc_new() else { return nil }
    self.state = state
    tcc_set_error_func(state, Unmanaged.passUnretained(log).toOpaque()) { log, text in
      guard let log, let text else { return }
      Unmanaged<MessageLog>.fromOpaque(log).takeUnretainedValue().all
        .append(TCCError.Message(tcc: String(cString: text)))
    }
    tcc_set_options(state, "-nostdlib -nostdinc")
    tcc_set_output_type(state, TCC_OUTPUT_MEMORY)
  }

  /// Compiles with the runtime's symbols that the text calls, and no other outside names.
  /// tcc reads decimal literals with strtod, so a host's locale must not reach it.
  borrowing func compile(_ source: String) -> Bool {
    jg_symbol_visit_called(source, UnsafeMutableRawPointer(state)) { state, symbol in
      guard let state, let symbol else { return }
      tcc_add_symbol(OpaquePointer(state), symbol.pointee.name, symbol.pointee.address)
    }
    let outside = uselocale(plainLocale.locale)
    defer { uselocale(outside) }
    return tcc_compile_string(state, source) == 0
  }

  /// What `relocate` will need; `nil` if a name is not found.
  var byteCount: Int? {
    let count = tcc_relocate(state, nil)
    return count < 0 ? nil : Int(count)
  }

  /// Copies the code and resolves its addresses. libtcc asks for pages that are writable and
  /// executable here, and gets writable ones; `CodeMapping.seal` makes them executable.
  borrowing func relocate(to mapping: borrowing CodeMapping) -> Bool {
    jg_protection_begin()
    defer { jg_protection_end() }
    return tcc_relocate(state, mapping.start) == 0
  }

  /// The addresses of functions up to the first that is not defined, which is logged.
  borrowing func addresses(
    of names: [String], reportingTo log: MessageLog
  ) -> [UnsafeRawPointer] {
    var found: [UnsafeRawPointer] = []
    for name in names {
      guard let address = tcc_get_symbol(state, name) else {
        log.all.append(TCCError.Message(line: nil, text: "'\(name)' is not defined"))
        break
      }
      found.append(UnsafeRawPointer(address))
    }
    return found
  }

  // Legal after `relocate` to memory of our own: libtcc keeps no reference to it.
  deinit { tcc_delete(state) }
}

/// The C locale for numbers, made once.
private struct PlainLocale: @unchecked Sendable {
  let locale: locale_t?

  init() { locale = newlocale(1 << Int32(LC_NUMERIC), "C", nil) }
}

private let plainLocale = PlainLocale()
