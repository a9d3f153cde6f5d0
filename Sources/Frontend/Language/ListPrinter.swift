// Whatever stands in brackets: arguments, elements, subscripts, extents, parameters. A list that
// does not fit its line is broken behind its commas; comments inside keep their item.

extension ExpressionPrinter {
  /// `open item, item close`
  /// - Parameters:
  ///   - item: the place of an item in the file and the tasks that print it.
  func list<Items: Collection>(
    _ id: ListID?, _ open: String, _ items: Items, _ close: String, style: Layout.Style,
    item: (Items.Element) -> (span: SourceSpan, tasks: [Task])
  ) -> [Task] {
    var pending = (id.flatMap { comments[$0] } ?? [])[...]
    guard !items.isEmpty || !pending.isEmpty else { return [.text(open + close)] }
    var tasks: [Task] = [.text(open), .begin(pending.isEmpty ? style : .consistent)]
    var index = items.startIndex
    while index != items.endIndex {
      let (span, parts) = item(items[index])
      tasks.append(.lineBreak(spaces: index == items.startIndex ? 0 : 1, outdent: false))
      while let comment = pending.first, comment.span.start < span.end {
        tasks.append(.comment(text(of: comment)))
        tasks.append(.lineBreak(spaces: 0, outdent: false))
        pending.removeFirst()
      }
      tasks.append(contentsOf: parts)
      items.formIndex(after: &index)
      let isLast = index == items.endIndex
      if !isLast { tasks.append(.text(",")) }
      if let comment = pending.first, isOnSameLine(span, comment),
        isLast || comment.span.start < item(items[index]).span.start
      {
        tasks.append(.comment("  " + text(of: comment)))
        pending.removeFirst()
      }
    }
    for comment in pending {
      tasks.append(.lineBreak(spaces: 0, outdent: false))
      tasks.append(.comment(text(of: comment)))
    }
    tasks.append(.lineBreak(spaces: 0, outdent: true))
    tasks.append(.end)
    tasks.append(.text(close))
    return tasks
  }

  /// A comment without the blanks at its end.
  func text(of comment: Comment) -> String {
    guard let source = tree.source else { return "" }
    var end = comment.span.end
    while end > comment.span.start, [0x20, 0x09, 0x0D].contains(source.bytes[end - 1]) { end -= 1 }
    return source.text(SourceSpan(comment.span.start, end))
  }

  private func isOnSameLine(_ item: SourceSpan, _ comment: Comment) -> Bool {
    guard let source = tree.source else { return false }
    return source.line(at: item.end) == source.line(at: comment.span.start)
  }

  func callTasks(_ id: ExprID, _ callee: NameID, _ arguments: ArraySlice<Argument>) -> [Task] {
    let open = tree.names.spelling(of: callee) + "("
    return list(.expression(id.index), open, arguments, ")", style: .consistent) { argument in
      let value = whole(argument.value, .normal)
      let span = tree[argument.value].span
      guard let name = argument.name else { return (span, [value]) }
      return (span, [.text(tree.names.spelling(of: name) + "="), value])
    }
  }

  func arrayTasks(_ id: ExprID, _ elements: ArraySlice<ExprID>) -> [Task] {
    let isNested = elements.contains { if case .array = tree[$0].kind { true } else { false } }
    let style = isNested ? Layout.Style.consistent : .filled
    return list(.expression(id.index), "[", elements, "]", style: style) {
      (tree[$0].span, [whole($0, .normal)])
    }
  }

  func subscriptTasks(_ id: ExprID, _ base: ExprID, _ items: ArraySlice<SubscriptItem>) -> [Task] {
    let first = Task.expression(base, .normal, minimum: .postfix, joins: nil)
    return [first]
      + list(.expression(id.index), "[", items, "]", style: .filled) { item in
        switch item.kind {
        case .ellipsis: return (item.span, [.text("...")])
        case .index(let index): return (item.span, [whole(index, .normal)])
        case .slice(let lower, let upper, let step):
          var tasks = lower.map { [whole($0, .slice)] } ?? []
          tasks.append(.text(":"))
          if let upper { tasks.append(whole(upper, .slice)) }
          if let step { tasks += [.text(":"), whole(step, .slice)] }
          return (item.span, tasks)
        }
      }
  }

  /// `name: f64[n, 2*d]`
  func bindingTasks(_ binding: Binding) -> [Task] {
    let name = tree.names.spelling(of: binding.name)
    guard let type = binding.type else { return [.text(name)] }
    let start = "\(name): \(type.dtype.rawValue)"
    let extents = tree[type.extents]
    if extents.isEmpty { return [.text(start)] }
    return [.text(start)]
      + list(nil, "[", extents, "]", style: .filled) { (tree[$0].span, [whole($0, .extent)]) }
  }

  /// Parameters or results in parentheses.
  func bindingList(_ id: ListID, _ bindings: [Binding]) -> [Task] {
    list(id, "(", bindings, ")", style: .consistent) {
      (SourceSpan($0.nameSpan.start, $0.type?.span.end ?? $0.nameSpan.end), bindingTasks($0))
    }
  }
}
