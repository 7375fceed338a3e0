// swift-tools-version: 6.2
import PackageDescription

// A package of its own: of Semblance it uses one product, so SwiftPM fetches and builds nothing but that product's modules.
let package = Package(
    name: "relying-party",
    dependencies: [.package(name: "semblance", path: "../..")],
    targets: [
        .executableTarget(name: "relying-party", dependencies: [.product(name: "MatchProof", package: "semblance")])
    ]
)
