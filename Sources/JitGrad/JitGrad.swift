// The library: reading graphs from text, differentiating them, and an engine to compile them. Types
// that users meet come from the modules beneath and are public there.
//
//     let graphs = try GraphSource(text).graphs
//     let gradient = try graphs[0].gradient(wrt: ["w"])
//     let kernel = try Engine().compile(gradient)
//     let results = try kernel([w, x, y])
// All of Graph that is public: an import of single types would leave their operators behind.
@_exported import Graph
@_exported import struct Autodiff.DerivativeRequestError
@_exported import enum Autodiff.DerivativeMode
@_exported import enum Autodiff.JacobianDirection
@_exported import enum JIT.BindingError
@_exported import class JIT.Engine
@_exported import struct JIT.BoundKernel
@_exported import struct JIT.EngineCounters
@_exported import enum JIT.MemoryError
@_exported import struct JIT.KernelBodyError
@_exported import struct JIT.MissingKernelError
@_exported import struct JIT.NativeError
@_exported import enum JIT.NativeTier
@_exported import struct JIT.NestingError
@_exported import struct JIT.RecursiveCompileError
@_exported import struct JIT.Kernel
@_exported import enum JIT.Threads
import Autodiff
import Frontend

/// The text of a graph file was not accepted.
public struct GraphSourceError: Error, CustomStringConvertible, Sendable {
  /// Every mistake with its place, the source line and what to do, as the command prints them.
  public let description: String
}

/// A graph file as graphs.
public struct GraphSource: Sendable {
  /// The functions of the file, in order.
  public let graphs: [Graph]

  /// Reads the graph language.
  ///
  /// Equal expressions become one value. A derivative by such a value would be the derivative by
  /// all of them; `distinct` keeps those apart that are asked for by name.
  ///
  /// - Parameters:
  ///   - text: a complete file.
  ///   - name: how the text is called in messages.
  ///   - distinct: names of intermediate values that derivatives will be taken by.
  ///   - primitives: the operations of the program that the file may call.
  /// - Throws: `GraphSourceError` with all mistakes.
  public init(
    _ text: String, name: String = "graph", distinct: [String] = [],
    primitives: PrimitiveSet? = nil
  ) throws(GraphSourceError) {
    let file = GraphFile(
      SourceFile(name: name, text: text), distinct: distinct,
      operations: primitives?.entries ?? [])
    if file.hasErrors {
      throw GraphSourceError(
        description: DiagnosticRenderer().render(file.diagnostics, in: file.source))
    }
    graphs = file.graphs
  }
}

extension Graph {
  /// The graph in the graph language, as a complete file. Backquotes and unprintable characters of a
  /// name, which the language has no way to write, stand there as `_`.
  public var text: String { languageText }

  /// Value and derivative as one graph; the derivative's inputs and outputs are named after those
  /// of this graph (`ct.OUT`, `tan.NAME`; `grad.NAME`, `jvp.OUT`, `jacobian.OUT.NAME`, …).
  ///
  /// - Parameters:
  ///   - mode: which derivative.
  ///   - wrt: names of inputs or of intermediate values; every float input for `nil`.
  ///   - outputs: names of outputs; every float output for `nil`.
  ///   - direction: how a Jacobian is made.
  /// - Throws: `DerivativeRequestError` for a request that makes no sense, `DerivativeError` where
  ///   an operation has no derivative.
  public func derivative(
    _ mode: DerivativeMode, withRespectTo wrt: [String]?, outputs: [String]? = nil,
    direction: JacobianDirection = .automatic
  ) throws -> Graph {
    try derivative(mode, wrt: wrt, of: outputs, direction: direction)
  }

  /// Value and gradient of a graph with one scalar float output.
  /// - Throws: as `derivative`.
  public func gradient(wrt names: [String]? = nil) throws -> Graph {
    try derivative(.gradient, wrt: names)
  }
}
