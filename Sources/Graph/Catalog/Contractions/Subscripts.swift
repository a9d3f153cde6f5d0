// The subscripts of an `einsum` taken apart: which label stands at which place. What labels mean for
// the axes of operands is decided in Labelling.swift.
// Source: the notation as numpy documents it for `einsum`; own reader.

/// `ij,jk->ik`: a term for each operand and, behind an arrow, one for the result.
///
/// A label is a letter of any alphabet, `...` stands for axes without a label, spaces mean nothing.
struct Subscripts {
  struct Letter {
    let scalar: Unicode.Scalar
    /// The bytes it takes in the text.
    let place: Range<Int>
  }

  /// The labels of one operand or of the result, outermost axis first.
  struct Term {
    var letters: [Letter] = []
    /// How many letters stand in front of the ellipsis, where there is one.
    var ellipsis: Int?
    /// From the first sign to the last.
    var place: Range<Int>
  }

  let text: String
  private(set) var operands: [Term] = []
  /// `nil` without an arrow.
  private(set) var result: Term?

  /// - Throws: `TypeRuleError` with its place in the text.
  init(_ text: String) throws(TypeRuleError) {
    self.text = text
    var term = Term(place: 0..<0)
    var hasArrow = false
    for (token, place) in try Self.tokens(of: text) {
      switch token {
      case .letter(let scalar): term.letters.append(Letter(scalar: scalar, place: place))
      case .ellipsis:
        if term.ellipsis != nil {
          throw TypeRuleError(
            "a term of einsum has one ellipsis at most", at: place,
            help: "which axes each of two stands for would not be known")
        }
        term.ellipsis = term.letters.count
      case .comma, .arrow:
        if hasArrow {
          throw TypeRuleError(
            "einsum has one result, but behind its term stands '\(token == .comma ? "," : "->")'",
            at: place, help: "the terms of operands stand in front of ->")
        }
        operands.append(term)
        term = Term(place: place.upperBound..<place.upperBound)
        hasArrow = token == .arrow
        continue
      }
      term.place = (term.place.isEmpty ? place : term.place).lowerBound..<place.upperBound
    }
    if hasArrow { result = term } else { operands.append(term) }
  }

  /// All terms of operands together.
  var operandPlace: Range<Int> {
    (operands.first?.place.lowerBound ?? 0)..<(operands.last?.place.upperBound ?? 0)
  }

  /// A term as it is written, shortened where it is long.
  func quoted(_ term: Term) -> String {
    let bytes = text.utf8.dropFirst(term.place.lowerBound).prefix(term.place.count)
    let written = String(decoding: bytes, as: UTF8.self)
    return written.count <= 40 ? "\"\(written)\"" : "\"\(written.prefix(40))…\""
  }

  // MARK: - Signs

  private enum Token: Equatable {
    case letter(Unicode.Scalar)
    case ellipsis, comma, arrow
  }

  private static func tokens(
    of text: String
  ) throws(TypeRuleError) -> [(Token, place: Range<Int>)] {
    var tokens: [(Token, place: Range<Int>)] = []
    var rest = text.unicodeScalars[...]
    var byte = 0
    while let scalar = rest.first {
      // Signs of several characters are ASCII: a byte each.
      let dots = rest.prefix { $0 == "." }.count
      let isArrow = scalar == "-" && rest.dropFirst().first == ">"
      let count = isArrow ? 2 : max(dots, 1)
      let place = byte..<byte + (count > 1 ? count : UTF8.width(scalar))
      rest = rest.dropFirst(count)
      byte = place.upperBound
      switch scalar {
      case " ": break
      case ",": tokens.append((.comma, place))
      case "-" where isArrow: tokens.append((.arrow, place))
      case "." where dots == 3: tokens.append((.ellipsis, place))
      case "." where dots > 0:
        throw TypeRuleError("an ellipsis of einsum is three dots, found \(dots)", at: place)
      case _ where isLetter(scalar): tokens.append((.letter(scalar), place))
      default:
        throw TypeRuleError(
          "the subscripts of einsum cannot hold \(quoted(scalar))", at: place,
          help: scalar == "-" || scalar == ">"
            ? "the arrow in front of the result's term is written ->"
            : "labels are letters, commas part terms, and -> stands before that of the result")
      }
    }
    return tokens
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter: true
    default: false
    }
  }

  /// The character, or its number where it does not show.
  private static func quoted(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark, .unassigned, .privateUse:
      "U+" + String(scalar.value, radix: 16, uppercase: true)
    default: "'\(scalar)'"
    }
  }
}

extension TypeRuleError {
  /// What is wrong in some bytes of the subscripts.
  init(
    _ message: String, at bytes: Range<Int>, notes: [String] = [], help: String? = nil
  ) {
    self.init(message, notes: notes, help: help)
    place = TextPlace(parameter: Einsum.subscripts, bytes: bytes)
  }
}
