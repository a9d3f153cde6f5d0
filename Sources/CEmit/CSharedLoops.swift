// Loops that threads share (Lowering/ParallelLoops), for this process: each is a function that makes some of
// the steps, which the runtime calls on as many threads as are worth it (jg_parallel.h). What the steps read
// of the function around comes along in a struct.
//
//     typedef struct { const int64_t *sizes_; …; double a; } nest_given;
//     static void nest(const void *given_, int64_t begin_, int64_t end_) { …
//       for (int64_t i = begin_; i < end_; i += 256) { …; terms[i / 256] = jg_strip_sum_f64(…); }
//     }
//     …
//       nest_given given;
//       given.sizes_ = sizes_; …; given.a = a;
//       jg_parallel(nest, &given, n, 256, 20);
//       for (int64_t i = 0; i < n; i += 256) sum += terms[i / 256];
import Graph
import Lowering

/// What the steps of a loop read from outside.
struct GivenNames {
  let locals: [Int]
  let indices: [Int]

  init(_ loop: LoopStatement) {
    var locals: Set<Int> = []
    var indices: Set<Int> = []
    var (ownLocals, ownIndices): (Set<Int>, Set<Int>) = ([], [loop.index])
    // Terms are kept apart: nobody reads what they are added to.
    let sums = Set(loop.parallel?.terms.keys.map { $0 } ?? [])
    for statement in loop.body {
      statement.forEachRead { local, index in
        if let local { locals.insert(local) }
        if let index { indices.insert(index) }
      }
      statement.forEach {
        switch $0 {
        case .define(let k, _), .variable(let k, _): ownLocals.insert(k)
        case .defineIndex(let k, _): ownIndices.insert(k)
        case .loop(let inner): ownIndices.insert(inner.index)
        default: break
        }
      }
    }
    self.locals = locals.subtracting(ownLocals).subtracting(sums).sorted()
    // What the extent mentions is known outside; the steps are told where to begin and to end.
    self.indices = indices.subtracting(ownIndices).sorted()
  }
}

extension CFunction {
  /// It becomes a function of its own.
  func isShared(_ loop: LoopStatement) -> Bool {
    loop.parallel != nil && ownLoop != loop.index && spelling.isForThisProcess
  }

  /// Writes a loop as a function of its own, and its call.
  mutating func share(_ loop: LoopStatement) {
    guard let form = loop.parallel, let extent = loop.extent else { return }
    let read = GivenNames(loop)
    let name = names.unique(prefix + "nest")
    var steps = CFunction(
      steps: program.with(body: [.loop(loop)]), of: loop.index, given: read, spelling: spelling)
    let body = steps.bodyForThisProcess()
    prototypes.merge(steps.prototypes) { first, _ in first }
    definitions.merge(steps.definitions) { first, _ in first }

    var given: [(type: String, name: String, value: String)] = [
      ("const int64_t *", "sizes_", "sizes_"), ("void *const *", "buffers_", "buffers_"),
      ("void *", "workspace", "workspace"),
    ]
    for k in read.locals {
      given.append(
        ("\(program.locals[k].dtype.cType) ", steps.name(ofLocal: k), self.name(ofLocal: k)))
    }
    for k in read.indices {
      given.append(("int64_t ", steps.indexNames[k] ?? "0", indexNames[k] ?? "0"))
    }
    let members = given.map { "\($0.type)\($0.name);" }
    sharedLoops.append("typedef struct { \(members.joined(separator: " ")) } \(name)_given;")
    sharedLoops.append("static void \(name)(const void *given_, int64_t begin_, int64_t end_) {")
    sharedLoops.append("  const \(name)_given *const given = given_;")
    sharedLoops += given.map { "  \($0.type)const \($0.name) = given->\($0.name);" } + body + ["}"]

    let isWhole = loop.strips?.isWhole ?? false
    let all = names.unique("given")
    prototypes["jg_parallel"] =
      "void jg_parallel(void (*)(const void *, int64_t, int64_t), const void *, int64_t, int64_t, "
      + "int64_t)"
    // One by one: for a list libtcc calls memset.
    emit("\(name)_given \(all);")
    for item in given { emit("\(all).\(item.name) = \(item.value);") }
    emit(
      "jg_parallel(\(name), &\(all), \(index(extent).text), \(isWhole ? Self.length : 1), "
        + "\(index(form.work).text));")
    for (local, buffer) in form.terms.sorted(by: { $0.key < $1.key }) {
      add(terms: buffer, to: local, extent, isWhole: isWhole)
    }
  }

  /// Adds the terms up in the order of strips.
  private mutating func add(terms buffer: Int, to local: Int, _ extent: DimExpr, isWhole: Bool) {
    usedBuffers.insert(buffer)
    let (end, place) = (index(extent), names.unique("at"))
    let (sum, terms) = (name(ofLocal: local), bufferNames[buffer])
    let head =
      "for (int64_t \(place) = 0; \(place) < \(end.inside(.shift)); \(place) += \(Self.length)) "
    if isWhole { return emit(head + "\(sum) += \(terms)[\(place) / \(Self.length)];") }
    let dtype = program.locals[local].dtype
    let kernel = "jg_strip_sum_\(dtype)"
    prototypes[kernel] =
      "\(dtype.cType) \(kernel)(int64_t, \(dtype.cType), const void *, int64_t)"
    let count = names.unique("count")
    emit(head + "{")
    indent += 1
    emit(
      "const int64_t \(count) = \(end.inside(.sum)) - \(place) < \(Self.length)"
        + " ? \(end.inside(.sum)) - \(place) : \(Self.length);")
    emit("\(sum) = \(kernel)(\(count), \(sum), \(terms) + \(place), 1);")
    indent -= 1
    emit("}")
  }

  // MARK: - In the function of the steps

  /// Where a loop begins.
  func begin(of loop: LoopStatement) -> String { ownLoop == loop.index ? "begin_" : "0" }

  /// Where it ends.
  mutating func end(of loop: LoopStatement, _ extent: DimExpr) -> CText {
    ownLoop == loop.index ? CText(text: "end_", precedence: .primary) : index(extent)
  }

  /// Says where the terms of sums go.
  mutating func keepTerms(of loop: LoopStatement) {
    let step = indexNames[loop.index] ?? "0"
    let place = loop.strips?.isWhole ?? false ? "\(step) / \(Self.length)" : step
    for (local, buffer) in loop.parallel?.terms ?? [:] {
      usedBuffers.insert(buffer)
      terms[local] = "\(bufferNames[buffer])[\(place)]"
    }
  }
}
