// What the system has to give: arrays that cannot be made end the process, so large ones are asked for
// before.
import Glibc

/// Memory of this process.
package enum SystemMemory {
  /// Throws where the system refuses so many bytes now, as under a limit of the process. Less than 64 MiB
  /// are not asked for.
  /// - Throws: `BindingError.noMemory`.
  package static func check(_ byteCount: Int) throws(BindingError) {
    if byteCount < 1 << 26 { return }
    guard let memory = malloc(byteCount) else { throw .noMemory(needed: byteCount) }
    free(memory)
  }
}
