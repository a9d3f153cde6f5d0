// How much memory of this process is resident, for tests that nothing stays behind. All tests share the
// process, so bounds leave room for what others do meanwhile.
import Glibc

/// The second number of /proc/self/statm.
func residentPages() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  fgets(&line, Int32(line.count), file)
  let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return Int(text.split(separator: " ")[1]) ?? 0
}
