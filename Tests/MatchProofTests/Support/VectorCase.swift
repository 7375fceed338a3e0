import Models
import Ristretto255
import Sodium
import Testing

@testable import ProofTestSupport
@testable import Statement

/// One of the proofs in `Fixtures/vectors`, and how it is made: fixed keys, people and networks, and a system generator that
/// repeats itself. `docs/protocol.md` section 9 describes the files.
struct VectorCase: Sendable, CustomTestStringConvertible {
    let role: Role
    let assurance: Assurance
    let modality: Modality
    let samples: Int
    var isSigned = true

    var name: String {
        "\(assurance.name)-\(role.name)-\(modality.name)" + (isSigned ? "" : "-possession")
    }
    var testDescription: String { name }

    /// Every role at every assurance; both modalities of each role and each assurance.
    static let all: [VectorCase] = [
        VectorCase(role: .enrol, assurance: .match, modality: .face, samples: 3),
        VectorCase(role: .authenticate, assurance: .match, modality: .fingerprint, samples: 1),
        VectorCase(role: .authenticate, assurance: .match, modality: .face, samples: 1, isSigned: false),
        VectorCase(role: .reblind, assurance: .match, modality: .fingerprint, samples: 1),
        VectorCase(role: .refresh, assurance: .match, modality: .face, samples: 2),
        VectorCase(role: .upgrade, assurance: .match, modality: .fingerprint, samples: 2),
        VectorCase(role: .enrol, assurance: .head, modality: .fingerprint, samples: 2),
        VectorCase(role: .authenticate, assurance: .head, modality: .face, samples: 1),
        VectorCase(role: .reblind, assurance: .head, modality: .face, samples: 1),
        VectorCase(role: .refresh, assurance: .head, modality: .fingerprint, samples: 1),
        VectorCase(role: .upgrade, assurance: .head, modality: .face, samples: 1),
        VectorCase(role: .enrol, assurance: .full, modality: .face, samples: 1),
        VectorCase(role: .authenticate, assurance: .full, modality: .fingerprint, samples: 1),
        VectorCase(role: .authenticate, assurance: .full, modality: .face, samples: 1, isSigned: false),
        VectorCase(role: .reblind, assurance: .full, modality: .face, samples: 1),
        VectorCase(role: .refresh, assurance: .full, modality: .fingerprint, samples: 2),
        VectorCase(role: .upgrade, assurance: .full, modality: .fingerprint, samples: 1),
    ]

    // MARK: keys and networks

    static let verifierSeed = [UInt8](repeating: 0x11, count: 32)
    static let sensorSeed = [UInt8](repeating: 0x22, count: 32)

    /// The networks of a modality, the one in force first: the previous one serves upgrades. The two of the fingerprint
    /// take the same image, so that an upgrade at `full` shows one committed image going through both.
    static let networks: [Modality: [RandomNetwork]] = [
        .face: [curved, dense(TensorShape(channels: 1, height: 7, width: 6), channels: 12, seed: 52)],
        .fingerprint: [
            dense(TensorShape(channels: 1, height: 6, width: 5), channels: 10, seed: 53),
            dense(TensorShape(channels: 1, height: 6, width: 5), channels: 9, seed: 54),
        ],
    ]

    static func model(_ modality: Modality, _ index: Int) throws -> ProvingModel {
        let network = try #require(networks[modality]?[index])
        return try #require(
            FullScenario.makeModel(network, name: "vector \(modality.name) \(index)", modality: modality.name)
        )
    }

    /// Strides, a sum, a PReLU, a depthwise layer, and every kind of table.
    private static let curved: RandomNetwork = {
        func plain(_ blocks: Int...) -> [[BlockSource]] { [blocks.map { BlockSource(block: $0) }] }
        var network = RandomNetwork(
            input: TensorShape(channels: 1, height: 7, width: 9),
            shift: 4,
            plans: [
                RandomNetwork.Plan(sources: plain(0), channels: 3, stride: (2, 2)),
                RandomNetwork.Plan(sources: plain(1), channels: 4, table: 1),
                RandomNetwork.Plan(
                    sources: [[BlockSource(block: 2)], [BlockSource(block: 2, column: .positivePart)]],
                    channels: 4,
                    kernel: (1, 1),
                    pad: (0, 0),
                    table: 1
                ),
                RandomNetwork.Plan(sources: plain(2, 3), kind: .depthwise, channels: 4, kernel: (3, 2), stride: (2, 1)),
                RandomNetwork.Plan(sources: plain(4), channels: 9, kernel: (2, 6), pad: (0, 0), table: 2),
            ],
            headStart: 4,
            seed: 51
        )
        network.description.tables[0].activation = .gate(a: 21, b: 60, c: 130, shift: 11, lower: -20, upper: 255)
        network.description.tables[1].activation = .quadratic(a: 3, b: -2, shift: 6, lower: -128, upper: 127)
        return network
    }()

    private static func dense(_ input: TensorShape, channels: Int, seed: UInt64) -> RandomNetwork {
        RandomNetwork(
            input: input,
            shift: 4,
            plans: [
                RandomNetwork.Plan(sources: [[BlockSource(block: 0)]], channels: 3, stride: (2, 1), table: 1),
                RandomNetwork.Plan(
                    sources: [[BlockSource(block: 1)]],
                    channels: channels,
                    kernel: ((input.height + 1) / 2, input.width),
                    pad: (0, 0),
                    table: 2
                ),
            ],
            headStart: 1,
            seed: seed
        )
    }
}
