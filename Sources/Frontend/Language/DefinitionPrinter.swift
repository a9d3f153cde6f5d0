// Solutions of equations and functions with rules as text.

extension ExpressionPrinter {
  /// `root x: f64[n] = start { … }`
  func solutionTasks(_ solution: SolutionSyntax) -> [Task] {
    [.text("\(solution.form.rawValue) ")] + startTasks(solution.unknown) + [.text(" ")]
      + blockTasks(solution.body)
  }

  private func startTasks(_ carried: LoopSyntax.Carried) -> [Task] {
    bindingTasks(carried.binding) + [.text(" = "), whole(carried.start, .normal)]
  }

  /// `custom f(x: f64 = a) { … } jvp(y, tan.x) { … } vjp(y, ct.y) { … }`
  func customTasks(_ custom: CustomSyntax) -> [Task] {
    // Two groups: a long header must not align with the blocks.
    var tasks: [Task] = [
      .text("custom \(tree.names.spelling(of: custom.name))("), .begin(.filled), .begin(.filled),
    ]
    for (k, input) in custom.inputs.enumerated() {
      if k > 0 { tasks += [.text(","), .lineBreak(spaces: 1, outdent: false)] }
      tasks += startTasks(input)
    }
    if let tangents = custom.tangents {
      tasks += [.text(") tangent(")] + separated(tangents.values)
    }
    tasks += [.end, .end, .text(") ")] + blockTasks(custom.function)
    for (word, rule) in [("jvp", custom.jvp), ("vjp", custom.vjp)] {
      guard let rule else { continue }
      tasks.append(.text(" \(word)("))
      for (k, name) in rule.names.enumerated() {
        if k > 0 { tasks.append(.text(", ")) }
        tasks += bindingTasks(name)
      }
      tasks += [.text(") ")] + blockTasks(rule.body)
    }
    return tasks
  }
}
