// swift-tools-version: 6.1
// Operations of one's own, in a package outside of the library.
import PackageDescription

let package = Package(
  name: "scalar-primitives",
  products: [.library(name: "ScalarPrimitives", targets: ["ScalarPrimitives"])],
  dependencies: [.package(name: "jit-grad", path: "../..")],
  targets: [
    .target(
      name: "ScalarPrimitives", dependencies: [.product(name: "JitGrad", package: "jit-grad")])
  ],
  swiftLanguageModes: [.v6]
)
