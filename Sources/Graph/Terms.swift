// Values of a node without an array for each: for building nodes, and for the rules of derivatives, of
// which a long program needs many.

/// The operands of most functions.
package struct ValuePair: RandomAccessCollection {
  private let first: Value
  private let second: Value

  package init(_ first: Value, _ second: Value) {
    self.first = first
    self.second = second
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { 2 }
  package subscript(position: Int) -> Value { position == 0 ? first : second }
}

/// Some values of a builder, as terms.
package struct Terms: RandomAccessCollection {
  private let builder: GraphBuilder
  private let values: ArraySlice<Value>

  package init(_ builder: GraphBuilder, _ values: ArraySlice<Value>) {
    self.builder = builder
    self.values = values
  }

  package init(_ builder: GraphBuilder, _ terms: [Term]) {
    self.init(builder, terms.map(\.value)[...])
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { values.count }
  package subscript(position: Int) -> Term { Term(builder, values[values.startIndex + position]) }
}

/// The same where some are missing.
package struct OptionalTerms: RandomAccessCollection {
  private let builder: GraphBuilder
  private let values: [Value?]

  package init(_ builder: GraphBuilder, _ values: [Value?]) {
    self.builder = builder
    self.values = values
  }

  package init(_ builder: GraphBuilder, _ terms: [Term?]) {
    self.init(builder, terms.map { $0?.value })
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { values.count }
  package subscript(position: Int) -> Term? { values[position].map { Term(builder, $0) } }
}
