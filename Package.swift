// swift-tools-version: 6.1
import PackageDescription

// `make test` sets SEMBLANCE_TESTING: our own modules are then testable and carry the hooks by which tests make provers
// dishonest and verifiers careless. Release builds hold none of them. Dependencies build the same either way.
let isTesting = Context.environment["SEMBLANCE_TESTING"] == "1"
let settings: [SwiftSetting] =
    isTesting ? [.define("SEMBLANCE_TESTING"), .unsafeFlags(["-enable-testing"])] : []

let package = Package(
    name: "semblance",
    products: [
        .library(name: "MatchProof", targets: ["MatchProof"])
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "Ristretto255", swiftSettings: settings),
        .target(name: "Transcript", dependencies: ["Ristretto255"], swiftSettings: settings),
        .target(name: "Bulletproofs", dependencies: ["Ristretto255", "Transcript"], swiftSettings: settings),
        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: settings),
        .target(
            name: "Multilinear",
            dependencies: ["Ristretto255", "Transcript", "Sodium"],
            swiftSettings: settings
        ),
        .target(
            name: "MatchProof",
            dependencies: ["Ristretto255", "Transcript", "Bulletproofs", "Multilinear", "Sodium"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MatchProofTests",
            dependencies: ["MatchProof", "Multilinear", "Ristretto255", "Transcript", "Sodium"],
            swiftSettings: settings
        ),
    ]
)
