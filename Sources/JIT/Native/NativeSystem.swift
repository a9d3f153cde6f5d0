// What the second tier finds on this machine, for people.

package enum NativeSystem {
  /// What the environment variable JITGRAD_NATIVE says, where that is no tier.
  package static var unknownTier: String? {
    NativeTier.asked.flatMap { NativeTier(rawValue: $0) == nil ? $0 : nil }
  }

  /// The compiler's own first line about itself.
  package static var compiler: Result<String, NativeError> {
    NativeCompiler.ofSystem.map { String($0.identity.prefix { $0 != "\n" }) }
  }

  /// The user's cache of compiled kernels; `nil` where there is none.
  package static var cache: (directory: String, fileCount: Int, byteCount: Int, capacity: Int)? {
    NativeCache.ofUser.map {
      let files = $0.files
      return ($0.directory, files.count, files.reduce(0) { $0 + $1.byteCount }, $0.capacity)
    }
  }
}
