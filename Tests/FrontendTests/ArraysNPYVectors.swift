// `.npy` files made by NumPy 2.4, in base64; over each the expression that made it. Not made by the
// code under test.
import Graph

/// A file, and what it must decode to.
struct NPYVector: Sendable {
  var name: String
  var base64: String
  var tensor: Tensor
}

/// A file that must be refused, and a word of the message.
struct RefusedVector: Sendable {
  var name: String
  var base64: String
  var word: String
}

let npyVectors: [NPYVector] = [
  NPYVector(
    name: "np.array([[1.5, -2], [np.inf, -0.0]])",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsID
      IpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      AAAAAAD4PwAAAAAAAADAAAAAAAAA8H8AAAAAAAAAgA==
      """,
    tensor: Tensor([1.5, -2, .infinity, -0.0] as [Double], shape: [2, 2])),
  NPYVector(
    name: "np.array([[1.5, -2], [np.inf, -0.0]], '>f8')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsID
      IpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/
      +AAAAAAAAMAAAAAAAAAAf/AAAAAAAACAAAAAAAAAAA==
      """,
    tensor: Tensor([1.5, -2, .infinity, -0.0] as [Double], shape: [2, 2])),
  NPYVector(
    name: "np.array([1e-45, -3.25], 'f4'), version=(2, 0)",
    base64: """
      k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMi
      wpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoB
      AAAAAABQwA==
      """,
    tensor: Tensor([.leastNonzeroMagnitude, -3.25] as [Float], shape: [2])),
  NPYVector(
    name: "np.array([1e-45, -3.25], '>f4'), version=(3, 0)",
    base64: """
      k05VTVBZAwB0AAAAeydkZXNjcic6ICc+ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMi
      wpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      AAABwFAAAA==
      """,
    tensor: Tensor([.leastNonzeroMagnitude, -3.25] as [Float], shape: [2])),
  NPYVector(
    name: "np.array([1.5, 65504, 2**-24, -0.0, -np.inf], 'f2')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDUsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      Pv97AQAAgAD8
      """,
    tensor: Tensor([1.5, 65504, 0x1p-24, -0.0, -.infinity] as [Float], shape: [5])),
  NPYVector(
    name: "np.array([1.5, -1], '>f2')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPmYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo+
      ALwA
      """,
    tensor: Tensor([1.5, -1] as [Float], shape: [2])),
  NPYVector(
    name: "np.array(-7)",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH
      0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr5
      /////////w==
      """,
    tensor: Tensor(Int64(-7))),
  NPYVector(
    name: "np.array([2**63 - 1, -2**63], '>i8')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPmk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAp/
      /////////4AAAAAAAAAA
      """,
    tensor: Tensor([Int64.max, .min], shape: [2])),
  NPYVector(
    name: "np.array([2**31 - 1, -2**31], 'i4')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr/
      //9/AAAAgA==
      """,
    tensor: Tensor([Int32.max, .min], shape: [2])),
  NPYVector(
    name: "np.array([300, -2], '>i2')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoB
      LP/+
      """,
    tensor: Tensor([300, -2] as [Int32], shape: [2])),
  NPYVector(
    name: "np.array([127, -128], 'i1')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfGkxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAp/
      gA==
      """,
    tensor: Tensor([127, -128] as [Int32], shape: [2])),
  NPYVector(
    name: "np.array([2**63 - 1, 3], 'u8')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPHU4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr/
      ////////fwMAAAAAAAAA
      """,
    tensor: Tensor([Int64.max, 3], shape: [2])),
  NPYVector(
    name: "np.array([2**32 - 1, 1], '>u4')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPnU0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr/
      ////AAAAAQ==
      """,
    tensor: Tensor([4_294_967_295, 1] as [Int64], shape: [2])),
  NPYVector(
    name: "np.array([65535, 1], 'u2')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPHUyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr/
      /wEA
      """,
    tensor: Tensor([65535, 1] as [Int32], shape: [2])),
  NPYVector(
    name: "np.array([255, 1], 'u1')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr/
      AQ==
      """,
    tensor: Tensor([255, 1] as [Int32], shape: [2])),
  NPYVector(
    name: "np.array([[True], [False]])",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsID
      EpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoB
      AA==
      """,
    tensor: Tensor([true, false], shape: [2, 1])),
  NPYVector(
    name: "np.zeros((0, 3))",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsID
      MpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=
      """,
    tensor: Tensor(zeros: .f64, shape: [0, 3])),
  NPYVector(
    name: "np.zeros((2, 0), 'i4')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsID
      ApLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=
      """,
    tensor: Tensor(zeros: .i32, shape: [2, 0])),
  NPYVector(
    name: "np.asfortranarray(np.arange(6, dtype='i4').reshape(2, 3))",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMy
      ksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      AAAAAwAAAAEAAAAEAAAAAgAAAAUAAAA=
      """,
    tensor: Tensor([0, 1, 2, 3, 4, 5] as [Int32], shape: [2, 3])),
  NPYVector(
    name: "np.asfortranarray(np.arange(6, dtype='>f8').reshape(3, 2))",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMywgMi
      ksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      AAAAAAAAAEAAAAAAAAAAQBAAAAAAAAA/8AAAAAAAAEAIAAAAAAAAQBQAAAAAAAA=
      """,
    tensor: Tensor([0, 1, 2, 3, 4, 5] as [Double], shape: [3, 2])),
  NPYVector(
    name: "np.asfortranarray(np.arange(12, dtype='u1').reshape(3, 2, 2))",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMywgMi
      wgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      BAgCBgoBBQkDBws=
      """,
    tensor: Tensor(Array(0..<12) as [Int32], shape: [3, 2, 2])),
  NPYVector(
    name: "np.asfortranarray(np.array([[1, 0, 0], [1, 1, 0]], bool))",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMy
      ksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoB
      AQABAAA=
      """,
    tensor: Tensor([true, false, false, true, true, false], shape: [2, 3])),
]

let npyRefusals: [RefusedVector] = [
  RefusedVector(
    name: "np.array([None], object)",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLC
      B9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqA
      BJWKAAAAAAAAAIwWbnVtcHkuX2NvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZG
      FycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwGFlGgDjAVkdHlwZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////
      Sv////9LP3SUYoldlE5hdJRiLg==
      """, word: "pickle"),
  RefusedVector(
    name: "np.array(['ab'])",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPFUyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAph
      AAAAYgAAAA==
      """, word: "strings"),
  RefusedVector(
    name: "np.array([b'ab'])",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfFMyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAph
      Yg==
      """, word: "strings"),
  RefusedVector(
    name: "np.array([1j])",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGMxNicsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgxLC
      ksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      AAAAAAAAAAAAAAAAAPA/
      """, word: "complex"),
  RefusedVector(
    name: "np.array([(1, 2.0)], 'i4, f8')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiBbKCdmMCcsICc8aTQnKSwgKCdmMScsICc8ZjgnKV0sICdmb3J0cmFuX29yZG
      VyJzogRmFsc2UsICdzaGFwZSc6ICgxLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoB
      AAAAAAAAAAAAAEA=
      """, word: "structured"),
  RefusedVector(
    name: "np.zeros(1, 'V2')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnfFYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsKS
      wgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      AA==
      """, word: "bfloat16"),
  RefusedVector(
    name: "np.array(['2020-01-01'], 'M8[D]')",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPE04W0RdJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKD
      EsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIApW
      RwAAAAAAAA==
      """, word: "dates"),
  RefusedVector(
    name: "np.array([1], np.longdouble)",
    base64: """
      k05VTVBZAQB2AHsnZGVzY3InOiAnPGYxNicsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgxLC
      ksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoA
      AAAAAAAAgP8/V+1hfwAA
      """, word: "long double"),
]
