// How arrays look where a program prints them: as literals of the graph language.
import Frontend
import Graph

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements: `[[1.0, 2.0], [3.0, 4.0]]`. Of more than 1000, each axis shows the first and last three.
  public var description: String { literal(elidingAbove: 1000) }

  /// Type and all elements: `f64[2] [1.0, 2.0]`. Equal tensors, and no others but those whose NaNs differ in
  /// their bits, have the same text.
  public var debugDescription: String { "\(type) \(literal())" }
}
