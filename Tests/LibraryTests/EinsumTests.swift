// `einsum` from Swift: traced, eager and by name, with derivatives.
import JitGrad
import Testing

@Suite struct LibraryEinsumTests {
  let engine = Engine()
  let a = matrix([[1, 2, 3], [4, 5, 6]])
  let b = matrix([[1, 0], [2, -1], [0.5, 3]])

  @Test func traced() throws {
    let (x, y) = (TracedTensor(a), TracedTensor(b))
    let product = einsum("ij,jk->ki", x, y)
    #expect(product.shape == [2, 2])
    #expect(try product.eval(engine).doubles == [6.5, 17, 7, 13])
    #expect(try einsum("ij->", x).eval(engine).number == 21)
    #expect(try einsum("ij,jk->ik", x, y).eval(engine) == matmul(x, y).eval(engine))
    #expect(try op.einsum("ij,ij,ij->j", [x, x, x]).eval(engine).doubles == [65, 133, 243])
    // A number beside a tensor.
    #expect(try op.einsum(",ij->i", 2, x).eval(engine).doubles == [12, 30])
  }

  /// d(u·Av)/dA = u vᵀ
  @Test func derivative() throws {
    let x = TracedTensor(a)
    let form = einsum("i,ij,j->", TracedTensor([1.0, -1]), x, TracedTensor([2.0, 0, 3]))
    #expect(try form.grad(wrt: x).eval(engine).doubles == [2, 0, 3, -2, 0, -3])
  }

  @Test func eager() throws {
    let context = EagerContext(engine)
    let (x, y) = (context.tensor(a, requiresGrad: true), context.tensor(b))
    let z = try einsum("ij,ji->", x, y)
    #expect(z.value.number == 19.5)
    #expect(try z.backward()[x]?.value.doubles == [1, 2, 0.5, 0, -1, 3])
    // Other subscripts on the same operands are another program.
    #expect(try einsum("ij,ki->", x, y).value.number == 51)
    #expect(throws: TraceError.self) { try einsum("ij,jk", x, x) }
  }

  @Test func mistakes() {
    let x = TracedTensor(a)
    #expect(
      einsum("ij,ij", x).failure?.message
        == "einsum needs a term for each operand, found 2 for 1")
    #expect(
      einsum("i2", x).failure?.help
        == "labels are letters, commas part terms, and -> stands before that of the result")
    #expect(einsum("ij,jk", x, x).failure?.notes.first == "the operand of \"ij\" has 3")
    #expect(op.einsum(x, x).failure?.message.contains("cannot take") == true)
    #expect(einsum("").failure?.message == "einsum needs at least one operand")
  }
}
