// swift-tools-version: 6.2
import PackageDescription

// `make test` sets SEMBLANCE_TESTING: our own modules are then testable and carry the hooks by which tests make provers
// dishonest and verifiers careless. Release builds hold none of them. Dependencies build the same either way.
let isTesting = Context.environment["SEMBLANCE_TESTING"] == "1"
// scripts/fuzz.sh sets SEMBLANCE_FUZZING besides: they then tell libFuzzer where they have been.
let isFuzzing = isTesting && Context.environment["SEMBLANCE_FUZZING"] == "1"
let testSettings: [SwiftSetting] =
    isTesting ? [.define("SEMBLANCE_TESTING"), .unsafeFlags(["-enable-testing"])] : []
let settings = testSettings + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "semblance",
    products: [
        .library(name: "MatchProof", targets: ["MatchProof"]),
        .executable(name: "semblance", targets: ["semblance"]),
        .executable(name: "semblanced", targets: ["semblanced"]),
        .executable(name: "semblance-sensor", targets: ["semblance-sensor"]),
        .executable(name: "semblance-verifier", targets: ["semblance-verifier"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
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
            name: "NetworkProof",
            dependencies: ["Ristretto255", "Transcript", "Bulletproofs", "Multilinear", "Sodium"],
            swiftSettings: settings
        ),
        .target(
            name: "MatchProof",
            dependencies: ["Ristretto255", "Transcript", "Bulletproofs", "Multilinear", "NetworkProof", "Sodium"],
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
                "CGdkPixbuf", "InferenceKernels", "NetworkProof", "Sodium",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),

        // Finds faces and brings them onto a model's template; the sensor's and the command line's.
        .target(
            name: "FaceAlignment",
            dependencies: ["NetworkProof", "NeuralNetwork"],
            resources: [.embedInCode("Resources")],
            swiftSettings: settings
        ),

        // The same for fingers.
        .target(
            name: "FingerprintAlignment",
            dependencies: ["NetworkProof", "NeuralNetwork"],
            swiftSettings: settings
        ),

        // Processes and what they share.
        .target(name: "CServiceSupport"),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
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
        .target(
            name: "ServiceSupport",
            dependencies: ["CServiceSupport", "CSystemd", "Sodium", "Varlink", logging],
            swiftSettings: settings
        ),

        // Who is in front of the sensor: sessions and seats of logind.
        .target(name: "Presence", dependencies: ["CSystemd", "Varlink"], swiftSettings: settings),

        // The prover's side.
        .target(
            name: "Vault",
            dependencies: ["CServiceSupport", "MatchProof", "ServiceSupport", "Sodium", "Ristretto255", grdb],
            swiftSettings: settings
        ),
        .target(
            name: "Sensors",
            dependencies: [
                "MatchProof", "NetworkProof", "NeuralNetwork", "Ristretto255", "ServiceSupport", "Sodium", "Varlink",
            ],
            swiftSettings: settings
        ),
        .target(
            name: "SensorClient",
            dependencies: ["MatchProof", "NetworkProof", "NeuralNetwork", "Ristretto255", "Sodium", "Varlink"],
            swiftSettings: settings
        ),
        .target(
            name: "ProverCore",
            dependencies: [
                "MatchProof", "NeuralNetwork", "Presence", "SensorClient", "ServiceSupport", "Sodium", "Varlink", "Vault",
                logging,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "semblance-sensor",
            dependencies: [
                "FaceAlignment", "FingerprintAlignment", "NetworkProof", "NeuralNetwork", "Sensors", "ServiceSupport",
                "Varlink", argumentParser, logging, lifecycle,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "semblanced",
            dependencies: [
                "NeuralNetwork", "ProverCore", "SensorClient", "ServiceSupport", "Varlink", "Vault", argumentParser,
                logging, lifecycle,
            ],
            swiftSettings: settings
        ),

        // The verifier's side: links no inference, no sensor, no vault.
        .target(
            name: "VerifierCore",
            dependencies: [
                "MatchProof", "NetworkProof", "Ristretto255", "ServiceSupport", "Sodium", "Varlink", grdb, logging,
                lifecycle,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "semblance-verifier",
            dependencies: [
                "ServiceSupport", "Sodium", "Varlink", "VerifierCore", argumentParser, logging, lifecycle,
            ],
            swiftSettings: settings
        ),

        // The command line.
        .executableTarget(
            name: "semblance",
            dependencies: [
                "FaceAlignment", "FingerprintAlignment", "MatchProof", "Bulletproofs", "Ristretto255", "Transcript",
                "NetworkProof", "NeuralNetwork", "Sodium", "CSodium", "ServiceSupport", "Varlink", argumentParser,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),

        // Tests of the modules; Tests/EndToEnd drives the built programs.
        .testTarget(
            name: "Ristretto255Tests",
            dependencies: ["Ristretto255", "CSodium"],
            exclude: ["Vectors/generate.py"],
            resources: [.copy("Vectors/rfc9496.json"), .copy("Vectors/arithmetic.json")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TranscriptTests",
            dependencies: ["Transcript", "Ristretto255"],
            resources: [.copy("Vectors")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BulletproofsTests",
            dependencies: ["Bulletproofs", "Ristretto255", "Transcript"],
            resources: [.copy("Vectors")],
            swiftSettings: settings
        ),
        .testTarget(name: "SodiumTests", dependencies: ["Sodium"], swiftSettings: settings),
        .testTarget(
            name: "MultilinearTests",
            dependencies: ["Multilinear", "Ristretto255"],
            swiftSettings: settings
        ),
        .target(
            name: "ProofTestSupport",
            dependencies: [
                "NetworkProof", "Bulletproofs", "Multilinear", "Ristretto255", "Transcript", "Sodium",
            ],
            path: "Tests/ProofTestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "NetworkProofTests",
            dependencies: [
                "NetworkProof", "ProofTestSupport", "Bulletproofs", "Multilinear", "Ristretto255", "Transcript",
                "Sodium",
            ],
            exclude: ["Scripts"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MatchProofTests",
            dependencies: [
                "MatchProof", "NetworkProof", "ProofTestSupport", "Bulletproofs", "Multilinear", "Ristretto255",
                "Transcript", "Sodium",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "NeuralNetworkTests",
            dependencies: [
                "NetworkProof", "NeuralNetwork", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Scripts"],
            resources: [.copy("Graphs"), .copy("Vectors")],
            swiftSettings: settings
        ),
        .target(
            name: "AlignmentTestSupport",
            dependencies: ["NeuralNetwork"],
            path: "Tests/AlignmentTestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceAlignmentTests",
            dependencies: ["AlignmentTestSupport", "FaceAlignment", "NetworkProof", "NeuralNetwork"],
            exclude: ["Scripts"],
            resources: [.copy("Vectors")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FingerprintAlignmentTests",
            dependencies: ["AlignmentTestSupport", "FingerprintAlignment", "NetworkProof", "NeuralNetwork"],
            resources: [.copy("Vectors")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "VarlinkTests",
            dependencies: [
                "CServiceSupport", "Varlink", logging, lifecycle,
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "PresenceTests", dependencies: ["Presence", "Varlink"], swiftSettings: settings),
        .testTarget(
            name: "WordsTests",
            dependencies: [
                "Bulletproofs", "FaceAlignment", "FingerprintAlignment", "MatchProof", "Multilinear", "NetworkProof",
                "NeuralNetwork", "SensorClient", "Sensors", "ServiceSupport", "Sodium", "Varlink", "Vault",
                "VerifierCore",
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "ServiceSupportTests", dependencies: ["ServiceSupport", logging], swiftSettings: settings),
        .testTarget(name: "VaultTests", dependencies: ["Vault", grdb], swiftSettings: settings),
        .testTarget(
            name: "SensorsTests",
            dependencies: [
                "MatchProof", "NetworkProof", "NeuralNetwork", "SensorClient", "Sensors", "Sodium", "Varlink", logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ProverCoreTests",
            dependencies: [
                "MatchProof", "NetworkProof", "NeuralNetwork", "Presence", "ProverCore", "Ristretto255", "SensorClient",
                "ServiceSupport", "Sodium", "Varlink", "Vault", logging,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "VerifierCoreTests",
            dependencies: [
                "MatchProof", "NetworkProof", "Ristretto255", "ServiceSupport", "Sodium", "Varlink", "VerifierCore",
                grdb, logging, lifecycle,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
    ]
)

// Feeds the decoders what libFuzzer makes up (Tests/Fuzz). No other build has it.
if isFuzzing {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "semblance-fuzz",
            dependencies: [
                "CLibFuzzer", "Commitments", "Encoding", "IntegerNetwork", "MatchProof", "ModelTools", "Models",
                "Statement",
            ],
            path: "Tests/Fuzz/Driver",
            swiftSettings: testSettings
        ),
    ]
}
