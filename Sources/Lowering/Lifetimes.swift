// When each buffer of the workspace holds something that is still needed. Nests count as one moment.
// Inside a loop of steps a buffer that is written anew in every step lives within the step; all other
// buffers that the loop touches live as long as the loop.
import Graph

/// The moments from the first to the last at which buffers are needed.
struct Lifetimes {
  private(set) var ofBuffer: [Int: ClosedRange<Int>] = [:]
  private let buffers: [Buffer]
  private var now = 0
  /// Loops of steps, inner ones first, with what their bodies read before they write it.
  private var loops: [(span: ClosedRange<Int>, kept: Set<Int>)] = []
  /// In every loop around: what was touched, and what was read first.
  private var open: [(touched: Set<Int>, kept: Set<Int>)] = []
  private var swapped: [(Int, Int)] = []

  init(_ program: LoopProgram) {
    buffers = program.buffers
    visit(program.body)
    for (span, kept) in loops {
      for (buffer, life) in ofBuffer where life.overlaps(span) {
        let isOwn = span.contains(life.lowerBound) && span.contains(life.upperBound)
        if !isOwn || kept.contains(buffer) { ofBuffer[buffer] = life.union(span) }
      }
    }
    // The memory of each may be the other's.
    for (a, b) in swapped + swapped {
      guard let first = ofBuffer[a], let second = ofBuffer[b] else { continue }
      ofBuffer[a] = first.union(second)
      ofBuffer[b] = ofBuffer[a]
    }
  }

  private mutating func visit(_ statements: [Statement]) {
    for statement in statements {
      now += 1
      switch statement {
      case .loop(let loop) where loop.isOfSteps:
        let start = now
        open.append(([], []))
        visit(loop.body)
        now += 1
        if let own = open.popLast() { loops.append((start...now, own.kept)) }
      case .branch(let branch):
        touch(
          .branch(
            BranchStatement(
              selector: branch.selector, cases: nil, bodies: [], notes: [])))
        for body in branch.bodies { visit(body) }
      default:
        if case .swap(let a, let b) = statement { swapped.append((a, b)) }
        touch(statement)
      }
    }
  }

  private mutating func touch(_ statement: Statement) {
    statement.forEachBuffer { buffer, isRead in
      guard case .workspace = buffers[buffer].storage else { return }
      ofBuffer[buffer] = (ofBuffer[buffer]?.lowerBound ?? now)...now
      for k in open.indices where open[k].touched.insert(buffer).inserted && isRead {
        open[k].kept.insert(buffer)
      }
    }
  }
}

extension ClosedRange<Int> {
  fileprivate func union(_ other: ClosedRange<Int>) -> ClosedRange<Int> {
    Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
  }
}
