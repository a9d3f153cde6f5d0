// What a nest computes, as a comment for readers.
import Lowering

extension CFunction {
  /// What a nest computes, by the lines of the source: `line 5: dot, grad_y (negate)`.
  mutating func comment(_ notes: [Note]) {
    if notes.isEmpty { return }
    lines += CLayout.comment(notes.text { CNames.identifier($0) }, indent: 2 * indent)
  }
}
