// Named arrays as text: for people, one line an array, and as one JSON object. Also durations.
import Frontend
import Graph

enum OutputText {
  /// Arrays with more elements are shown by their first and last ones.
  private static let elisionLimit = 120

  /// `name: f64[3] = [1.0, 2.0, 3.0]`
  static func human(_ arrays: [NamedTensor]) -> String {
    arrays.map { array in
      "\(array.name): \(type(array)) = "
        + array.tensor.literal(elidingAbove: elisionLimit) + "\n"
    }.joined()
  }

  /// `{"name": [1.0, 2.0, 3.0], …}`, one line an array.
  static func json(_ arrays: [NamedTensor]) -> String {
    let members = arrays.map { "\(JSON.quoted($0.name)): \($0.tensor.json)" }
    return "{\(members.joined(separator: ",\n "))}\n"
  }

  /// `f64[3]`; of what a file holds, `f16[3]`.
  static func type(_ array: NamedTensor) -> String {
    let shape = array.tensor.shape
    return (array.convertedType ?? array.tensor.dtype.rawValue) + (shape.isEmpty ? "" : "\(shape)")
  }

  /// `1.23 ms`: three digits, the unit that fits.
  static func duration(nanoseconds: Double) -> String {
    let units: [(Double, String)] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")]
    for (scale, unit) in units where nanoseconds >= scale {
      return "\(digits(nanoseconds / scale)) \(unit)"
    }
    return "\(digits(nanoseconds)) ns"
  }

  /// Three digits that matter, without exponent for numbers from 0.001 to 10⁷.
  static func digits(_ x: Double) -> String {
    guard x.isFinite, x != 0 else { return x == 0 ? "0" : "\(x)" }
    switch abs(x) {
    case 1e-3..<1: return fixed(x, 4)
    case 1..<10: return fixed(x, 2)
    case 10..<100: return fixed(x, 1)
    case 100..<1e7: return fixed(x, 0)
    default: return scientific(x)
    }
  }

  /// `1.2e-09`
  static func scientific(_ x: Double) -> String {
    guard x.isFinite, x != 0 else { return x == 0 ? "0" : "\(x)" }
    var exponent = 0
    var mantissa = abs(x)
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa < 1 {
      mantissa *= 10
      exponent -= 1
    }
    let rounded = (mantissa * 10).rounded() / 10
    if rounded >= 10 { return "\(x < 0 ? "-" : "")1.0e\(exponent + 1)" }
    return "\(x < 0 ? "-" : "")\(fixed(rounded, 1))e\(exponent)"
  }

  /// A number with so many places behind the point.
  private static func fixed(_ x: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
    let scaled = Int64((abs(x) * scale).rounded())
    let whole = scaled / Int64(scale)
    let sign = x < 0 && scaled != 0 ? "-" : ""
    if places == 0 { return "\(sign)\(whole)" }
    let fraction = String(scaled % Int64(scale))
    return "\(sign)\(whole)." + String(repeating: "0", count: places - fraction.count) + fraction
  }

  /// Which columns of a table are aligned on the left.
  enum Alignment { case allLeft, firstLeft, lastLeft }

  /// Columns, each as wide as its widest cell; those that are not aligned on the left, mostly numbers,
  /// are on the right.
  static func table(_ rows: [[String]], alignment: Alignment = .firstLeft) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { k in rows.map { k < $0.count ? $0[k].count : 0 }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (k, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[k] - cell.count)
        let isLeft =
          switch alignment {
          case .allLeft: true
          case .firstLeft: k == 0
          case .lastLeft: k == columns - 1
          }
        line += (k > 0 ? "  " : "") + (isLeft ? cell + space : space + cell)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
