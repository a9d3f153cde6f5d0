// A product as calls of the runtime: the operands as strided views of buffers, loops around the
// call for what one call cannot take.
import Graph

extension NestBuilder {
  /// - Returns: false, with nothing done, for sums over several indices that do not lie behind each
  ///   other: one call cannot make them, and calls do not add up.
  func lowerContraction(_ product: Contraction, _ node: Node) -> Bool {
    let operands = graph.operands(of: node)
    let value = graph.results(of: node)[0]
    let left = view(operands[operands.startIndex + product.left.operand], product.left.indices)
    let right = view(operands[operands.startIndex + product.right.operand], product.right.indices)
    let target = place(of: value)
    let kept = product.domain.indices.filter { !product.summed.contains($0) }
    let result = View(
      place: target, offset: target.offsetInside(kept.map { .index($0) }))

    // One index, or several that lie behind each other in both views, for each of m, n and k.
    let m = group(product.rows, product.domain, [left, result])
    let n = group(product.columns, product.domain, [right, result])
    let k = group(product.summed, product.domain, [left, right])
    if !k.rest.isEmpty { return false }
    let around = product.batch + m.rest + n.rest
    let order = around.filter { !product.domain[$0].isOne }
    let nest = openNest(
      extents: order.map { product.domain[$0] }, reads: [], loops: order, shareable: 0,
      notes: [note(node)])
    let indices = product.domain.indices.map { index -> DimExpr in
      order.firstIndex(of: index).map { .index(nest.loops[$0].index) } ?? 0
    }
    func base(_ view: View) -> DimExpr {
      view.place.base
        + view.offset.replacing { if case .index(let k) = $0 { indices[k] } else { nil } }
    }
    func stride(_ view: View, _ group: Group) -> KernelCall.Argument {
      .integer(group.inner.flatMap { view.offset.coefficient(ofIndex: $0) } ?? 1)
    }
    nest.block.append(
      .call(
        KernelCall(
          function: "jg_matmul_\(product.dtype.rawValue)",
          arguments: [
            .integer(m.extent), .integer(n.extent), .integer(k.extent),
            .pointer(buffer: left.place.buffer, offset: base(left), isWritten: false),
            stride(left, m), stride(left, k),
            .pointer(buffer: right.place.buffer, offset: base(right), isWritten: false),
            stride(right, k), stride(right, n),
            .pointer(buffer: target.buffer, offset: base(result), isWritten: true),
            stride(result, m), stride(result, n),
          ], notes: [note(node)])))
    completeHere(value)
    return true
  }

  /// An array with the offset of each element in it over the product's domain.
  private struct View {
    let place: Place
    let offset: DimExpr
  }

  private func view(_ value: Value, _ indices: [DimExpr]) -> View {
    var (value, indices) = (value, indices)
    while !plan.isStored[Int(value.index)], let node = graph.definingNode(of: value),
      case .map(let map)? = plan.meanings[node],
      case .operand(let k, let access)? = map.values.first
    {
      indices = access.map { e in
        e.replacing { if case .index(let j) = $0 { indices[j] } else { nil } }
      }
      value = graph.operands(of: node)[graph.operands(of: node).startIndex + k]
    }
    let place = place(of: value)
    if let scalar = scalarOfValue[Int(value.index)] {
      // A scalar that the product reads as an array.
      root.append(.store(buffer: place.buffer, offset: place.base, scalar.expression))
    }
    return View(place: place, offset: place.offsetInside(indices))
  }

  /// Indices that act as one.
  private struct Group {
    var extent: DimExpr = 1
    /// The index whose stride is the group's.
    var inner: Int?
    /// Indices that did not fit, for loops around the call.
    var rest: [Int] = []
  }

  private func group(_ indices: [Int], _ domain: [DimExpr], _ views: [View]) -> Group {
    var group = Group()
    for index in indices.reversed() where !domain[index].isOne {
      guard let inner = group.inner else {
        group.inner = index
        group.extent = domain[index]
        continue
      }
      let follows = views.allSatisfy { view in
        guard let outer = view.offset.coefficient(ofIndex: index),
          let step = view.offset.coefficient(ofIndex: inner)
        else { return false }
        return outer == step * group.extent
      }
      if follows && group.rest.isEmpty {
        group.extent = group.extent * domain[index]
      } else {
        group.rest.append(index)
      }
    }
    return group
  }
}
