// Tensor literals: values, inferred dtypes, columns of errors, and parse ∘ print = identity.
import Graph
import Testing

@testable import Frontend

@Suite struct ArraysLiteralTests {
  private func failure(_ text: String, _ dtype: DType? = nil) -> TensorTextError? {
    do throws(TensorTextError) {
      _ = try Tensor(literal: text, dtype: dtype)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    ("[[1,2],[3,4]]", Tensor([1, 2, 3, 4] as [Int64], shape: [2, 2])),
    (" [ [1 , 2] ,\n[3,4] ] ", Tensor([1, 2, 3, 4] as [Int64], shape: [2, 2])),
    ("3.5", Tensor(3.5)),
    ("-3", Tensor(Int64(-3))),
    ("+3", Tensor(Int64(3))),
    ("-inf", Tensor(-Double.infinity as Double)),
    ("+inf", Tensor(Double.infinity as Double)),
    ("nan", Tensor(Double.nan)),
    ("-nan", Tensor(Double.nan)),
    ("[1, \"nan\", \"-inf\"]", Tensor([1, .nan, -.infinity] as [Double], shape: [3])),
    ("true", Tensor(true)),
    ("[false, true]", Tensor([false, true], shape: [2])),
    ("[1, 2.]", Tensor([1.0, 2], shape: [2])),
    (".5e1", Tensor(5.0)),
    ("1E-2", Tensor(0.01)),
    ("-0.0", Tensor(-0.0)),
    ("1e-999", Tensor(0.0)),
    ("[]", Tensor(zeros: .f64, shape: [0])),
    ("[[],[]]", Tensor(zeros: .f64, shape: [2, 0])),
    ("[[[]]]", Tensor(zeros: .f64, shape: [1, 1, 0])),
    ("[0x1p-3, -0x1.8p+1]", Tensor([0.125, -3.0], shape: [2])),
    ("-9223372036854775808", Tensor(Int64.min)),
  ])
  func infers(_ text: String, _ tensor: Tensor) throws {
    #expect(try Tensor(literal: text) == tensor)
  }

  @Test func converts() throws {
    #expect(try Tensor(literal: "[1, 2]", dtype: .f64) == Tensor([1.0, 2], shape: [2]))
    #expect(try Tensor(literal: "[1, 2]", dtype: .i32) == Tensor([1, 2] as [Int32], shape: [2]))
    #expect(try Tensor(literal: "[]", dtype: .bool) == Tensor(zeros: .bool, shape: [0]))
    // Halfway between two floats, with a digit far behind: rounding twice would give 1.
    let text = "1.00000005960464477539062500000000000000000000000001"
    #expect(try Tensor(literal: text, dtype: .f32) == Tensor(Float(1).nextUp))
    #expect(try Tensor(literal: "9007199254740993", dtype: .f64) == Tensor(9_007_199_254_740_992.0))
  }

  @Test(
    arguments: [
      ("", nil, 1), ("  ", nil, 3), ("[", nil, 2), ("]", nil, 1), ("[1,2", nil, 1),
      ("[1,]", nil, 4),
      ("[,1]", nil, 2), ("[1 2]", nil, 4), ("[1]]", nil, 4), ("1 2", nil, 3), ("[1,[2]]", nil, 4),
      ("[[1],2]", nil, 6), ("[[1,2],[3]]", nil, 8), ("[[],[1]]", nil, 5), ("[[1],[]]", nil, 6),
      ("[[],[[]]]", nil, 6), ("[[[]],[]]", nil, 7), ("[1,abc]", nil, 4), ("[1,True]", nil, 4),
      ("0x1.p", nil, 1), ("1_000", nil, 1), ("1e", nil, 1), (".", nil, 1), ("--1", nil, 1),
      ("[\"1\"]", nil, 2), ("ä[1]", nil, 1), ("[ä,1]", nil, 2), ("[1,true]", nil, 4),
      ("[true,1]", nil, 7), ("1.5", .i64, 1), ("[1, true]", .f64, 5), ("[true, 1]", .bool, 8),
      ("[1,2147483648]", .i32, 4), ("9223372036854775808", nil, 1), ("1e999", nil, 1),
      ("[1, -1e39]", .f32, 5), ("...", nil, 1), ("[1, ..., 2]", nil, 5),
    ] as [(String, DType?, Int)])
  func refuses(_ text: String, _ dtype: DType?, _ column: Int) throws {
    let error = try #require(failure(text, dtype), "\(text)")
    #expect(error.column == column, "\(error)")
  }

  @Test func saysWhatIsWrongWithANumber() throws {
    for text in ["1e", "1e+", "1.e-", ".", "+", "1.2.3"] {
      #expect(try #require(failure(text)).message.contains("is not a number"), "\(text)")
    }
    #expect(try #require(failure("1e309")).message == "'1e309' is beyond f64")
  }

  @Test func boundsDepthAndCount() throws {
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(try #require(failure(deep)).column == 65)
    #expect(throws: TensorTextError.self) {
      try Tensor(literal: "[1,2,3]", maximumElementCount: 2)
    }
  }

  @Test func rendersCaretAndHelp() throws {
    #expect(
      try #require(failure("[1, True]")).description == """
        column 5: 'True' is not a number, true, false, inf or nan
          [1, True]
              ^
        help: did you mean true?
        """)
    let long = String(repeating: "1,", count: 500) + "x"
    let lines = try #require(failure("[\(long)")).description.split(separator: "\n")
    #expect(lines[1].count < 90)
    #expect(Array(lines[1])[lines[2].count - 1] == "x")
  }

  @Test(arguments: DType.allCases)
  func printedReadsBack(_ dtype: DType) throws {
    for shape in [[], [0], [1], [7], [2, 3], [2, 0], [2, 2, 2]] {
      let tensor = try #require(RandomFill(.normal, seed: 5).tensor(dtype: dtype, shape: shape))
      #expect(try Tensor(literal: tensor.literal(), dtype: dtype) == tensor)
      #expect(try Tensor(literal: tensor.json, dtype: dtype) == tensor)
    }
  }

  /// Random bit patterns: every finite double and float prints to digits that read back.
  @Test func floatsRoundTripToTheBit() throws {
    var random = SplitMix64(seed: 9)
    let doubles = (0..<2000).map { _ in Double(bitPattern: random.next()) }
      .map { $0.isNaN ? .nan : $0 }
    let tensor = Tensor(doubles, shape: [2000])
    #expect(try Tensor(literal: tensor.literal()) == tensor)
    let floats = (0..<2000).map { _ in Float(bitPattern: UInt32(random.next() >> 32)) }
      .map { $0.isNaN ? .nan : $0 }
    let narrow = Tensor(floats, shape: [2000])
    #expect(try Tensor(literal: narrow.json, dtype: .f32) == narrow)
  }

  @Test func prints() {
    let specials = Tensor(
      [1, -0.0, 0.1, 1e300, .infinity, -.infinity, .nan] as [Double], shape: [7])
    #expect(specials.literal() == "[1.0, -0.0, 0.1, 1e+300, inf, -inf, nan]")
    #expect(specials.json == "[1.0, -0.0, 0.1, 1e+300, \"inf\", \"-inf\", \"nan\"]")
    #expect(Tensor([true, false], shape: [1, 2]).json == "[[true, false]]")
    #expect(Tensor(Float(0.1)).literal() == "0.1")
    let long = Tensor(Array(0..<20) as [Int64], shape: [2, 10])
    #expect(
      long.literal(elidingAbove: 19)
        == "[[0, 1, 2, ..., 7, 8, 9], [10, 11, 12, ..., 17, 18, 19]]")
    #expect(long.literal(elidingAbove: 20).hasPrefix("[[0, 1, 2, 3, "))
    let long7 = Tensor(Array(0..<7) as [Int32], shape: [7])
    #expect(long7.literal(elidingAbove: 1) == "[0, 1, 2, ..., 4, 5, 6]")
    #expect(Tensor(zeros: .f64, shape: [1 << 40, 0]).json == "[]")
  }

  @Test func mutationsNeverCrash() {
    var random = SplitMix64(seed: 13)
    let texts = ["[[1.5,-2],[nan,inf]]", "[true,[],\"nan\"]", "[[[1]],[[2]]]", "-1e-5"]
    for round in 0..<20_000 {
      let text = String(decoding: mutated(Array(texts[round % 4].utf8), &random), as: UTF8.self)
      if let error = failure(text, DType.allCases[round % 5]) {
        #expect(error.column >= 1 && error.column <= text.unicodeScalars.count + 1)
        #expect(!error.description.isEmpty)
      }
    }
  }
}
