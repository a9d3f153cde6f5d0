// Machine code that the system's compiler made, loaded from a file: who owns it, and how the functions
// that it calls get into its table.
import CEmit
import Glibc
import runtime

/// A loaded object. Its functions may be called until the value is destroyed.
struct NativeCode: ~Copyable {
  private let handle: UnsafeMutableRawPointer
  /// The program's function.
  let entry: UnsafeMutableRawPointer

  /// Loads an object that was compiled from a `NativeSource`.
  /// - Parameter called: the functions of its table, in order.
  /// - Throws: `NativeError` with what the loader says.
  init(path: String, called: [String]) throws(NativeError) {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { throw Self.loaderError }
    guard let entry = dlsym(handle, JITSource.entry), let table = dlsym(handle, NativeSource.table)
    else {
      let error = Self.loaderError
      dlclose(handle)
      throw error
    }
    typealias Table =
      @convention(c) () -> UnsafeMutablePointer<UnsafeRawPointer?>
    let slots = unsafeBitCast(table, to: Table.self)()
    for (place, name) in called.enumerated() {
      slots[place] = jg_symbol_find(name)?.pointee.address
    }
    self.handle = handle
    self.entry = entry
  }

  private static var loaderError: NativeError {
    NativeError(stage: .load, messages: dlerror().map { String(cString: $0) } ?? "")
  }

  deinit { dlclose(handle) }
}

// Immutable after construction.
extension NativeCode: @unchecked Sendable {}

/// Why a kernel stays in the first tier.
public struct NativeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was being done.
  public enum Stage: String, Hashable, Sendable {
    /// Finding or starting the compiler.
    case start
    /// The compiler refused the C, or took too long.
    case compile
    /// The object could not be kept or loaded.
    case load
    /// The engine was told to use no compiler, or the kernel is too long for one.
    case none
  }

  /// What was being done.
  public let stage: Stage
  /// What the compiler or the system said.
  public let messages: String

  /// What went wrong.
  package var message: String {
    switch stage {
    case .start: "no C compiler: \(messages)"
    case .compile: "the C compiler failed: \(messages)"
    case .load: "the compiled kernel cannot be loaded: \(messages)"
    case .none: "this kernel has no second tier: \(messages)"
    }
  }

  /// What to do, where that is known.
  package var help: String? {
    stage == .start
      ? "install gcc or clang, or name one in the environment variable CC; without, kernels run in the"
        + " first tier" : nil
  }

  public var description: String { message + (help.map { "\nhelp: \($0)" } ?? "") }
}
