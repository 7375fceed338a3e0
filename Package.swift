// swift-tools-version: 6.2
import PackageDescription

// `make test` sets SEMBLANCE_TESTING: our own modules are then testable, and transcripts can be programmed, as the simulators
// of the zero-knowledge tests do. Release builds are neither. Dependencies build the same either way.
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

let nio = { (name: String) in Target.Dependency.product(name: name, package: "swift-nio") }

/// One of our modules, in the folder that names its floor; the README draws the floors (scripts/module-graph.py).
func module(
    _ folder: String,
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/\(folder)/\(name)",
        resources: resources,
        swiftSettings: settings
    )
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Sources/Programs/\(name)",
        swiftSettings: settings
    )
}

func library(_ folder: String, _ name: String, pkgConfig: String, debian: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(folder)/\(name)", pkgConfig: pkgConfig, providers: [.apt([debian])])
}

func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = [],
    resources: [Resource]? = nil
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/\(name)",
        exclude: exclude,
        resources: resources,
        swiftSettings: settings
    )
}

let package = Package(
    name: "semblance",
    products: [
        .library(name: "Ristretto255", targets: ["Ristretto255"]),
        .library(
            name: "Bulletproofs",
            targets: ["Transcript", "Bulletproofs", "BulletproofsRange", "BulletproofsR1CS"]
        ),
        // The verifier with the words, models and keys that it takes (Examples/RelyingParty).
        .library(name: "MatchProof", targets: ["MatchProof", "Models", "Sodium", "Statement"]),
        .executable(name: "semblance", targets: ["semblance"]),
        .executable(name: "semblanced", targets: ["semblanced"]),
        .executable(name: "semblance-sensor", targets: ["semblance-sensor"]),
        .executable(name: "semblance-verifier", targets: ["semblance-verifier"]),
        .executable(name: "semblance-fprintd", targets: ["semblance-fprintd"]),
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
        // The group and the arguments, which know nothing of Semblance.
        module("Crypto", "Ristretto255"),
        module("Crypto", "Transcript", ["Ristretto255"]),
        module("Crypto", "Bulletproofs", ["Ristretto255", "Transcript"]),
        // What dalek's crate offers beyond the closing argument. No daemon links these two.
        module("Crypto", "BulletproofsRange", ["Bulletproofs", "Ristretto255", "Transcript"]),
        module("Crypto", "BulletproofsR1CS", ["Bulletproofs", "Ristretto255", "Transcript"]),

        // Bytes, hashes, keys.
        library("Foundation", "CSodium", pkgConfig: "libsodium", debian: "libsodium-dev"),
        module("Foundation", "Sodium", ["CSodium"]),
        module("Foundation", "Encoding"),

        // What provers, sensors and verifiers say to one another.
        module("Protocol", "Commitments", ["Encoding", "Ristretto255", "Sodium", "Transcript"]),
        module("Protocol", "Models", ["Commitments", "Encoding", "Ristretto255", "Sodium", "Transcript"]),
        module("Protocol", "Statement", ["Commitments", "Encoding", "Models", "Ristretto255", "Sodium"]),

        // The proof systems.
        module("Proof", "Multilinear", ["Bulletproofs", "Commitments", "Ristretto255", "Sodium", "Transcript"]),
        module(
            "Proof",
            "NetworkProof",
            ["Bulletproofs", "Commitments", "Models", "Multilinear", "Ristretto255", "Sodium", "Transcript"]
        ),
        module(
            "Proof",
            "MatchProof",
            [
                "Bulletproofs", "Commitments", "Encoding", "Models", "Multilinear", "NetworkProof", "Ristretto255",
                "Sodium", "Statement", "Transcript",
            ]
        ),

        // From an image to an embedding, in integers.
        library("Inference", "CGdkPixbuf", pkgConfig: "gdk-pixbuf-2.0", debian: "libgdk-pixbuf-2.0-dev"),
        .target(name: "InferenceKernels", path: "Sources/Inference/InferenceKernels"),
        module("Inference", "IntegerNetwork", ["Encoding", "InferenceKernels", "Models"]),
        module("Inference", "Imaging", ["CGdkPixbuf", "IntegerNetwork", "Models"]),
        module(
            "Inference",
            "FaceAlignment",
            ["Imaging", "IntegerNetwork", "Models"],
            resources: [.embedInCode("Resources")]
        ),
        module("Inference", "FingerprintAlignment", ["Imaging", "IntegerNetwork", "Models"]),

        // Import, calibration, evaluation and reports: the command line's alone.
        .target(
            name: "ModelTools",
            dependencies: [
                "Commitments", "Encoding", "Imaging", "InferenceKernels", "IntegerNetwork", "Models", "Sodium",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            path: "Sources/ModelTools",
            exclude: ["Onnx/onnx.proto"],
            swiftSettings: settings
        ),

        // The daemons.
        .target(name: "CServiceSupport", path: "Sources/Services/CServiceSupport"),
        library("Services", "CSystemd", pkgConfig: "libsystemd", debian: "libsystemd-dev"),
        module(
            "Services",
            "Varlink",
            [
                "CServiceSupport", "Encoding", "Sodium", logging, lifecycle, nio("NIOConcurrencyHelpers"),
                nio("NIOCore"), nio("NIOPosix"),
            ],
            resources: [.embedInCode("Interfaces")]
        ),
        module(
            "Services",
            "ServiceSupport",
            ["CServiceSupport", "CSystemd", "Encoding", "Sodium", "Varlink", logging, lifecycle]
        ),
        module(
            "Services",
            "Interfaces",
            [
                "Commitments", "Encoding", "Models", "Ristretto255", "ServiceSupport", "Sodium", "Statement", "Varlink",
            ],
            resources: [.embedInCode("Descriptions")]
        ),
        module("Services", "Presence", ["CSystemd", "Varlink"]),
        module(
            "Services",
            "ServiceClients",
            ["Encoding", "Interfaces", "ServiceSupport", "Sodium", "Varlink"]
        ),
        .target(name: "CFprintBus", dependencies: ["CSystemd"], path: "Sources/Services/CFprintBus"),
        module(
            "Services",
            "FprintService",
            ["CFprintBus", "Interfaces", "ServiceClients", "ServiceSupport", "Varlink", logging]
        ),
        .target(name: "CV4L2", path: "Sources/Services/CV4L2"),
        module("Services", "Devices", ["Encoding"]),
        module("Services", "Cameras", ["CV4L2", "Devices", "Encoding", "Imaging", "Sodium"]),
        // Loads libfprint when it runs; of CGdkPixbuf it takes where GLib's headers are.
        .target(name: "CFprint", dependencies: ["CGdkPixbuf"], path: "Sources/Services/CFprint"),
        module("Services", "Readers", ["CFprint", "Devices", "Encoding", "Imaging", "Sodium"]),
        module("Services", "PamConfiguration", ["CServiceSupport", "Encoding", "ServiceSupport"]),
        module("Services", "Setup", ["Encoding", "ServiceSupport"]),
        module(
            "Services",
            "Vault",
            [
                "Commitments", "Ristretto255", "ServiceSupport", "Sodium", "Statement",
                grdb,
            ]
        ),
        module(
            "Services",
            "SensorCore",
            [
                "Cameras", "Commitments", "Devices", "Encoding", "Imaging", "IntegerNetwork", "Interfaces", "Models",
                "Readers", "Ristretto255",
                "ServiceSupport", "Sodium", "Statement", "Varlink", logging,
            ]
        ),
        module(
            "Services",
            "SensorClient",
            [
                "Commitments", "Encoding", "IntegerNetwork", "Interfaces", "Models", "Sodium",
                "Statement",
                "Varlink",
            ]
        ),
        module(
            "Services",
            "ProverCore",
            [
                "Commitments", "Encoding", "IntegerNetwork", "Interfaces", "MatchProof", "Presence",
                "SensorClient", "ServiceSupport", "Sodium", "Statement", "Varlink", "Vault", logging,
            ]
        ),
        // Links no inference, no sensor, no vault.
        module(
            "Services",
            "VerifierCore",
            [
                "Commitments", "Encoding", "Interfaces", "MatchProof", "Models", "Ristretto255", "ServiceSupport",
                "Sodium",
                "Statement", "Varlink", grdb, logging, lifecycle,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ]
        ),

        program(
            "semblance-sensor",
            [
                "Cameras", "Devices", "Encoding", "FaceAlignment", "FingerprintAlignment", "Imaging", "IntegerNetwork",
                "Models",
                "Readers", "SensorCore",
                "ServiceSupport", "Varlink", argumentParser, logging, lifecycle,
            ]
        ),
        program(
            "semblanced",
            [
                "Encoding", "IntegerNetwork", "ProverCore", "SensorClient", "ServiceSupport", "Sodium", "Varlink",
                "Vault",
                argumentParser, logging, lifecycle,
            ]
        ),
        program(
            "semblance-verifier",
            [
                "Encoding", "Interfaces", "ServiceSupport", "Sodium", "Varlink", "VerifierCore", argumentParser,
                logging,
                lifecycle,
            ]
        ),
        program(
            "semblance-fprintd",
            ["FprintService", "ServiceSupport", argumentParser, lifecycle]
        ),
        program(
            "semblance",
            [
                "Bulletproofs", "BulletproofsRange", "Cameras", "Commitments", "CSodium", "Devices", "Encoding",
                "FaceAlignment",
                "FingerprintAlignment",
                "Imaging", "IntegerNetwork", "Interfaces", "MatchProof", "Models", "ModelTools", "NetworkProof",
                "PamConfiguration", "Ristretto255", "ServiceClients", "ServiceSupport", "Setup", "Sodium",
                "Statement",
                "Transcript",
                "Varlink",
                argumentParser,
                nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),

        // Tests of the modules; Tests/EndToEnd drives the built programs.
        tests(
            "Ristretto255Tests",
            ["Ristretto255", "CSodium"],
            exclude: ["Vectors/generate.py"],
            resources: [.copy("Vectors/rfc9496.json"), .copy("Vectors/arithmetic.json")]
        ),
        tests("TranscriptTests", ["Transcript", "Ristretto255"], resources: [.copy("Vectors")]),
        tests(
            "BulletproofsTests",
            ["Bulletproofs", "BulletproofsR1CS", "BulletproofsRange", "Ristretto255", "Transcript"],
            resources: [.copy("Vectors")]
        ),
        tests("SodiumTests", ["Sodium"]),
        tests("MultilinearTests", ["Bulletproofs", "Commitments", "Multilinear", "Ristretto255", "Sodium"]),
        .target(
            name: "ProofTestSupport",
            dependencies: [
                "Bulletproofs", "BulletproofsR1CS", "Commitments", "Encoding", "Models", "Multilinear", "NetworkProof",
                "Ristretto255", "Sodium", "Transcript",
            ],
            path: "Tests/ProofTestSupport",
            swiftSettings: settings
        ),
        tests(
            "NetworkProofTests",
            [
                "Bulletproofs", "BulletproofsR1CS", "Commitments", "Encoding", "Models", "Multilinear", "NetworkProof",
                "ProofTestSupport",
                "Ristretto255", "Sodium", "Transcript",
            ],
            exclude: ["Scripts"]
        ),
        tests(
            "MatchProofTests",
            [
                "Bulletproofs", "BulletproofsR1CS", "CSodium", "Commitments", "Encoding", "MatchProof", "Models",
                "Multilinear",
                "NetworkProof", "ProofTestSupport", "Ristretto255", "Sodium", "Statement", "Transcript",
            ]
        ),
        tests(
            "NeuralNetworkTests",
            [
                "Encoding", "Imaging", "IntegerNetwork", "Models", "ModelTools", "Sodium",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Scripts"],
            resources: [.copy("Graphs"), .copy("Vectors")]
        ),
        .target(
            name: "AlignmentTestSupport",
            dependencies: ["Imaging"],
            path: "Tests/AlignmentTestSupport",
            swiftSettings: settings
        ),
        tests(
            "FaceAlignmentTests",
            ["AlignmentTestSupport", "FaceAlignment", "Imaging", "IntegerNetwork", "Models"],
            exclude: ["Scripts"],
            resources: [.copy("Vectors")]
        ),
        tests(
            "FingerprintAlignmentTests",
            ["AlignmentTestSupport", "FingerprintAlignment", "Imaging", "IntegerNetwork", "Models"],
            resources: [.copy("Vectors")]
        ),
        tests(
            "VarlinkTests",
            [
                "Encoding", "Interfaces", "Sodium", "Varlink", logging, lifecycle, nio("NIOConcurrencyHelpers"),
                nio("NIOCore"),
            ]
        ),
        tests("PresenceTests", ["Presence", "Varlink"]),
        tests("FprintServiceTests", ["FprintService", "Interfaces", "Varlink"]),
        tests("PamConfigurationTests", ["PamConfiguration", "ServiceSupport"]),
        tests("SetupTests", ["Encoding", "Setup"]),
        tests("InterfacesTests", ["Encoding", "Interfaces", "ServiceSupport", "Sodium", "Varlink"]),
        tests(
            "WordsTests",
            [
                "Bulletproofs", "Commitments", "Encoding", "FaceAlignment", "FingerprintAlignment", "Imaging",
                "IntegerNetwork", "Interfaces", "MatchProof", "Models", "ModelTools", "Multilinear", "NetworkProof",
                "SensorClient",
                "SensorCore", "ServiceSupport", "Sodium", "Statement", "Varlink", "Vault", "VerifierCore",
            ]
        ),
        tests("ServiceSupportTests", ["Encoding", "ServiceSupport", "Sodium", "Varlink", logging]),
        .target(
            name: "CameraTestSupport",
            dependencies: ["Cameras", "CV4L2"],
            path: "Tests/CameraTestSupport",
            swiftSettings: settings
        ),
        tests("CamerasTests", ["Cameras", "CameraTestSupport", "CV4L2", "Devices", "Imaging"]),
        .target(
            name: "ReaderTestSupport",
            dependencies: ["Readers"],
            path: "Tests/ReaderTestSupport",
            swiftSettings: settings
        ),
        tests("ReadersTests", ["Devices", "Encoding", "Imaging", "Readers", "ReaderTestSupport"]),
        tests(
            "VaultTests",
            ["Commitments", "Encoding", "Ristretto255", "ServiceSupport", "Sodium", "Statement", "Vault", grdb]
        ),
        tests(
            "SensorCoreTests",
            [
                "Cameras", "CameraTestSupport", "Commitments", "Encoding", "Imaging", "IntegerNetwork", "Interfaces",
                "MatchProof", "Models", "Readers", "ReaderTestSupport",
                "SensorClient",
                "SensorCore", "ServiceSupport", "Sodium", "Statement", "Varlink", logging,
            ]
        ),
        tests(
            "ProverCoreTests",
            [
                "Commitments", "Encoding", "Imaging", "IntegerNetwork", "Interfaces", "MatchProof", "Models",
                "NetworkProof",
                "Presence", "ProverCore", "Ristretto255", "SensorClient", "ServiceSupport", "Sodium", "Statement",
                "Varlink", "Vault", logging,
            ]
        ),
        tests(
            "VerifierCoreTests",
            [
                "Commitments", "Encoding", "Interfaces", "MatchProof", "Models", "NetworkProof", "Ristretto255",
                "ServiceSupport", "Sodium", "Statement", "Varlink", "VerifierCore", grdb, logging, lifecycle,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
                nio("NIOCore"),
            ]
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
