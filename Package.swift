// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "jit-grad",
  products: [
    .library(name: "JitGrad", targets: ["JitGrad"]),
    .executable(name: "jit-grad", targets: ["jit-grad"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // The way of the data, one module a station; a module imports only what stands above it.
    .target(name: "Graph"),
    .target(name: "Autodiff", dependencies: ["Graph"]),
    .target(name: "Frontend", dependencies: ["Graph", "Autodiff", "CZlib"]),
    .target(name: "Lowering", dependencies: ["Graph"]),
    .target(name: "CEmit", dependencies: ["Graph", "Lowering", "runtime"]),
    .target(
      name: "JIT",
      dependencies: ["Graph", "Autodiff", "Frontend", "Lowering", "CEmit", "CTCC", "runtime"]),
    .target(
      name: "JitGrad",
      dependencies: ["Graph", "Autodiff", "Frontend", "Lowering", "CEmit", "JIT"]),
    .executableTarget(
      name: "jit-grad",
      dependencies: [
        "JitGrad", "Graph", "Autodiff", "Frontend", "Lowering", "CEmit", "JIT",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .testTarget(name: "GraphTests", dependencies: ["Graph", "Autodiff", "Frontend"]),
    .testTarget(
      name: "LawTests",
      dependencies: ["Graph", "Autodiff", "Frontend", "Lowering", "CEmit", "JIT"]),
    .testTarget(name: "FrontendTests", dependencies: ["Graph", "Autodiff", "Frontend"]),
    .testTarget(name: "StableHLOTests", dependencies: ["Graph", "Autodiff", "Frontend", "JIT"]),
    .testTarget(
      name: "CEmitTests", dependencies: ["Graph", "Autodiff", "Frontend", "Lowering", "CEmit"],
      exclude: ["Golden"]),
    .testTarget(name: "RepositoryTests", dependencies: ["Graph", "Frontend"]),
    .target(name: "AllocationCount", path: "Tests/AllocationCount"),
    .testTarget(name: "LibraryTests", dependencies: ["JitGrad", "AllocationCount"]),
    .testTarget(
      name: "JITTests", dependencies: ["Graph", "Autodiff", "Frontend", "JIT", "CTCC", "runtime"],
      exclude: ["SpecialVectors.txt"]),
    .testTarget(name: "OracleTests", dependencies: ["Graph", "Autodiff", "JIT"]),
    .testTarget(
      name: "CommandTests", dependencies: ["Graph", "Autodiff", "Frontend", "JIT", "jit-grad"]),

    .executableTarget(
      name: "benchmarks",
      dependencies: ["JitGrad", "Graph", "Autodiff", "Frontend", "Lowering", "CEmit", "JIT"],
      path: "benchmarks",
      exclude: ["programs", "reference", "compare_jax.py", "special_functions.py"]),

    // C: our runtime, and the two libraries of the system that are used directly.
    .target(
      name: "runtime", path: "runtime", publicHeadersPath: "include",
      linkerSettings: [.linkedLibrary("m")]),
    .systemLibrary(name: "CTCC", path: "Sources/CTCC"),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib"),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
