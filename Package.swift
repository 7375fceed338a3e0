// swift-tools-version: 6.2
import PackageDescription

// `make test` sets SEMBLANCE_TESTING: our own modules are then testable and carry the hooks by which tests make provers
// dishonest and verifiers careless. Release builds hold none of them. Dependencies build the same either way.
let isTesting = Context.environment["SEMBLANCE_TESTING"] == "1"
let settings: [SwiftSetting] =
    isTesting ? [.define("SEMBLANCE_TESTING"), .unsafeFlags(["-enable-testing"])] : []

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "semblance",
    products: [
        .library(name: "MatchProof", targets: ["MatchProof"]),
        .executable(name: "semblance", targets: ["semblance"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // The group, the transcript, the proof systems.
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

        // The network.
        .systemLibrary(
            name: "CGdkPixbuf",
            pkgConfig: "gdk-pixbuf-2.0",
            providers: [.apt(["libgdk-pixbuf-2.0-dev"])]
        ),
        .target(name: "InferenceKernels"),
        .target(
            name: "NeuralNetwork",
            dependencies: [
                "CSodium", "CGdkPixbuf", "InferenceKernels",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),

        // Processes and what they share.
        .target(name: "CServiceSupport"),
        .target(
            name: "Varlink",
            dependencies: [
                "CServiceSupport", logging, lifecycle,
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            resources: [.embedInCode("Interfaces")],
            swiftSettings: settings
        ),
        .target(name: "ServiceSupport", dependencies: ["CServiceSupport", "Sodium"], swiftSettings: settings),
        .executableTarget(
            name: "semblance",
            dependencies: [
                "MatchProof", "Bulletproofs", "Ristretto255", "Transcript", "NeuralNetwork", "Sodium", "CSodium",
                "Varlink", argumentParser,
            ],
            swiftSettings: settings
        ),

        .testTarget(
            name: "MatchProofTests",
            dependencies: ["MatchProof", "Bulletproofs", "Multilinear", "Ristretto255", "Transcript", "Sodium"],
            swiftSettings: settings
        ),
    ]
)
