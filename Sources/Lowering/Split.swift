// Cuts long straight-line programs into parts that become functions of their own. libtcc gives
// every local its own place in the frame, so a function with very many would overflow the stack of
// a thread. Scalars that cross from one part to a later one go through the workspace.
// Requires a tidied program. Establishes: no part has more locals than the limit, unless a single
// nest does.
import Graph

extension LoopProgram {
  /// The program cut into parts; 4000 locals in one function are 32 KiB of frame.
  func split(localLimit: Int = 4000) -> LoopProgram {
    let cuts = self.cuts(localLimit)
    if cuts.isEmpty { return self }
    var program = self
    let bounds = [0] + cuts + [body.count]
    let spills = Spills(self, bounds)
    var result: [Statement] = []
    program.partStarts = []
    for (part, (start, end)) in zip(bounds, bounds.dropFirst()).enumerated() {
      program.partStarts.append(result.count)
      result += spills.loads(into: part)
      for statement in body[start..<end] { result.append(statement) }
      result += spills.stores(from: part)
    }
    program.body = result
    program.buffers = spills.buffers
    return program
  }

  /// Root statements before which a new part begins.
  private func cuts(_ localLimit: Int) -> [Int] {
    var cuts: [Int] = []
    var count = 0
    // A variable and the loops that assign it stay together, and so do two buffers that are swapped
    // and what reads them: which is where only that function knows.
    let last = body.contains(where: \.isVariable) ? lastAssignments() : [:]
    let lastUses = lastUsesOfSwapped()
    var openUntil = -1
    for (place, statement) in body.enumerated() {
      let own = statement.localCount
      if count + own > localLimit && count > 0 && place > openUntil {
        cuts.append(place)
        count = 0
      }
      count += own
      if case .variable(let k, _) = statement { openUntil = max(openUntil, last[k] ?? -1) }
      if !lastUses.isEmpty {
        statement.forEach {
          if case .swap(let a, let b) = $0 {
            openUntil = max(openUntil, lastUses[a] ?? -1, lastUses[b] ?? -1)
          }
        }
      }
    }
    return cuts
  }

  /// The last root statement that touches each buffer that is swapped with another.
  private func lastUsesOfSwapped() -> [Int: Int] {
    var last: [Int: Int] = [:]
    // Loops swap.
    for statement in body where statement.isBlock {
      statement.forEach {
        if case .swap(let a, let b) = $0 { (last[a], last[b]) = (-1, -1) }
      }
    }
    if last.isEmpty { return last }
    for (place, statement) in body.enumerated() {
      statement.forEachBuffer { buffer, _ in if last[buffer] != nil { last[buffer] = place } }
    }
    return last
  }

  /// The last root statement that assigns each variable.
  private func lastAssignments() -> [Int: Int] {
    var last: [Int: Int] = [:]
    for (place, statement) in body.enumerated() {
      statement.forEach { if case .assign(let k, _) = $0 { last[k] = place } }
    }
    return last
  }
}

extension Statement {
  fileprivate var isVariable: Bool { if case .variable = self { true } else { false } }

  /// How many locals it and what is inside define, index variables included.
  fileprivate var localCount: Int {
    switch self {
    case .define, .variable, .defineIndex: return 1
    case .loop, .when, .branch:
      var count = 0
      forEach {
        switch $0 {
        case .define, .variable, .defineIndex, .loop: count += 1
        default: break
        }
      }
      return count
    case .assign, .store, .call, .exit, .swap, .grow, .check: return 0
    }
  }
}

/// What crosses from part to part, and where it is kept.
private struct Spills {
  /// The program's buffers and one for each dtype that crosses.
  private(set) var buffers: [Buffer]
  private let dtypes: [DType]
  /// What a part needs from earlier ones, in order.
  private var needed: [[Name]]
  /// What a part defines that a later one needs.
  private var defined: [[Name]]
  private var places: [Name: (buffer: Int, slot: Int)] = [:]

  /// A local or an index variable.
  private enum Name: Hashable, Comparable {
    case local(Int)
    case index(Int)
  }

  init(_ program: LoopProgram, _ bounds: [Int]) {
    buffers = program.buffers
    dtypes = program.locals.map(\.dtype)
    needed = [[Name]](repeating: [], count: bounds.count - 1)
    defined = needed
    // The part that defines each name.
    var ofLocals = [Int?](repeating: nil, count: dtypes.count)
    var ofIndices: [Int: Int] = [:]
    func home(_ name: Name) -> Int? {
      switch name {
      case .local(let k): ofLocals[k]
      case .index(let k): ofIndices[k]
      }
    }
    var crossing: Set<Name> = []
    for part in needed.indices {
      var wanted: Set<Name> = []
      for statement in program.body[bounds[part]..<bounds[part + 1]] {
        // Only what the root block defines can be seen from another part.
        switch statement {
        case .define(let k, _), .variable(let k, _): ofLocals[k] = part
        case .defineIndex(let k, _): ofIndices[k] = part
        default: break
        }
        statement.forEachRead { local, index in
          let name = local.map { Name.local($0) } ?? .index(index ?? -1)
          if let origin = home(name), origin != part { wanted.insert(name) }
        }
      }
      needed[part] = wanted.sorted()
      crossing.formUnion(wanted)
    }
    for name in crossing.sorted() {
      if let part = home(name) { defined[part].append(name) }
    }
    allocate(crossing.sorted())
  }

  private func dtype(of name: Name) -> DType {
    switch name {
    case .local(let k): dtypes[k]
    case .index: .i64
    }
  }

  private mutating func allocate(_ names: [Name]) {
    var counts: [DType: Int] = [:]
    var bufferOfDType: [DType: Int] = [:]
    for name in names {
      let dtype = dtype(of: name)
      let buffer =
        bufferOfDType[dtype]
        ?? {
          buffers.append(
            Buffer(
              name: "crossing", dtype: dtype, shape: [0], storage: .workspace(byteOffset: 0)))
          bufferOfDType[dtype] = buffers.count - 1
          return buffers.count - 1
        }()
      places[name] = (buffer, counts[dtype, default: 0])
      counts[dtype, default: 0] += 1
    }
    for (dtype, buffer) in bufferOfDType { buffers[buffer].shape = [DimExpr(counts[dtype] ?? 0)] }
  }

  func loads(into part: Int) -> [Statement] {
    needed[part].compactMap { name in
      guard let place = places[name] else { return nil }
      let value = Expression.load(buffer: place.buffer, offset: DimExpr(place.slot))
      return switch name {
      case .local(let k): .define(k, value)
      case .index(let k): .defineIndex(k, value)
      }
    }
  }

  func stores(from part: Int) -> [Statement] {
    defined[part].compactMap { name in
      guard let place = places[name] else { return nil }
      let value: Expression =
        switch name {
        case .local(let k): .local(k)
        case .index(let k): .index(.index(k), .i64)
        }
      return .store(buffer: place.buffer, offset: DimExpr(place.slot), value)
    }
  }
}
