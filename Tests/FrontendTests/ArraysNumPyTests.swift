// NumPy reads what we write, and the data under examples/ is what its README says. Without python3
// and numpy the first part is skipped with a message.
import Graph
import Testing

@testable import Frontend

@Suite struct ArraysNumPyTests {
  @Test(.enabled(if: NumPy.isThere, "\(NumPy.missing)"), arguments: DType.allCases)
  func numPyReadsNPY(_ dtype: DType) throws {
    // The last one's header fills its block exactly, where NumPy adds another block.
    let exact = [1, 100] + [Int](repeating: 1, count: 12)
    let shapes = [[], [0], [5], [2, 3], [2, 0, 3], [1, 2, 1, 3], exact]
    let names: [DType: String] = [
      .f64: "float64", .f32: "float32", .i64: "int64", .i32: "int32", .bool: "bool",
    ]
    try withTemporaryDirectory { directory in
      var expected = ""
      for (index, shape) in shapes.enumerated() {
        let fill = RandomFill(.uniform, seed: 3)
        let tensor = try #require(fill.tensor(dtype: dtype, shape: shape))
        try FileIO.write(NPY.encode(tensor), to: "\(directory)/\(index).npy")
        let hex = tensor.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        expected += "\(names[dtype] ?? "") \(shape) \(hex)\n"
      }
      let (output, status) = try NumPy.run(
        """
        import numpy as np, io
        for index in range(\(shapes.count)):
          a = np.load(f'{index}.npy')
          b = io.BytesIO(); np.save(b, a)
          assert b.getvalue() == open(f'{index}.npy', 'rb').read(), 'not the bytes of numpy.save'
          print(a.dtype, list(a.shape), a.tobytes().hex())
        """, in: directory)
      #expect(status == 0)
      #expect(output == expected)
    }
  }

  @Test(
    .enabled(if: NumPy.isThere, "\(NumPy.missing)"),
    arguments: [NPZ.Compression.stored, .deflated], [ZipWriter.Zip64.whenNeeded, .always])
  func numPyReadsNPZ(_ compression: NPZ.Compression, _ zip64: ZipWriter.Zip64) throws {
    try withTemporaryDirectory { directory in
      var tensors = npzContents
      tensors.append(NamedTensor(name: "größe", tensor: Tensor(zeros: .f64, shape: [1000])))
      let bytes = try NPZ.encode(
        tensors, file: "x.npz", compression: compression, writer: ZipWriter(zip64: zip64))
      try FileIO.write(bytes, to: directory + "/x.npz")
      let (output, status) = try NumPy.run(
        """
        import numpy as np, zipfile
        assert zipfile.ZipFile('x.npz').testzip() is None
        f = np.load('x.npz')
        assert list(f.keys()) == ['a', 'i', 'gr\\xf6\\xdfe'], list(f.keys())
        assert f['a'].tolist() == [1.5, -2] and f['i'].tolist() == [[1, 2, 3]]
        assert f['gr\\xf6\\xdfe'].shape == (1000,) and not f['gr\\xf6\\xdfe'].any()
        """, in: directory)
      #expect(status == 0, "\(output)")
    }
  }

  /// Shape, dtype and a checksum of each example file, from the NumPy session that made them.
  @Test(arguments: [
    ("breast_cancer_features", DType.f64, [569, 30], 1_056_474.459_635_6),
    ("breast_cancer_labels", .i64, [569], 357),
    ("digits_pixels", .f32, [1797, 64], 561_718),
    ("digits_labels", .i64, [1797], 8_070),
  ])
  func exampleData(_ name: String, _ dtype: DType, _ shape: [Int], _ sum: Double) throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "/\(root)/examples/data/\(name).npy"
    let tensor = try NPY.decode(FileIO.read(path), file: path)
    #expect(tensor.dtype == dtype)
    #expect(tensor.shape == shape)
    #expect(abs(tensor.doubles.reduce(0, +) - sum) <= 1e-12 * sum)
  }
}
