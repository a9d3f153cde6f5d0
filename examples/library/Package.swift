// swift-tools-version: 6.1
// Programs that use the library. Each checks what it computes: `swift run -c release examples`.
import PackageDescription

let package = Package(
  name: "library-examples",
  dependencies: [
    .package(name: "jit-grad", path: "../.."),
    .package(name: "scalar-primitives", path: "../primitives"),
  ],
  targets: [
    .executableTarget(
      name: "examples",
      dependencies: [
        .product(name: "JitGrad", package: "jit-grad"),
        .product(name: "ScalarPrimitives", package: "scalar-primitives"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
