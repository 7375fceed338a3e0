import Models

@testable import ProofTestSupport

/// Networks that together use everything a proof can show.
enum TestNetworks {
    private static func plain(_ blocks: Int...) -> [[BlockSource]] {
        [blocks.map { BlockSource(block: $0) }]
    }

    /// Odd sizes, strides, a residual sum, a depthwise layer, a PReLU, a dense layer over the whole block.
    static let mixed = RandomNetwork(
        input: TensorShape(channels: 1, height: 11, width: 13),
        plans: [
            RandomNetwork.Plan(sources: plain(0), channels: 3, stride: (2, 2)),
            RandomNetwork.Plan(sources: plain(1), channels: 5, table: 1),
            RandomNetwork.Plan(
                sources: [[BlockSource(block: 2)], [BlockSource(block: 2, column: .positivePart)]],
                channels: 5,
                kernel: (1, 1),
                pad: (0, 0),
                table: 1
            ),
            RandomNetwork.Plan(sources: plain(2, 3), kind: .depthwise, channels: 5, kernel: (3, 2), stride: (2, 1)),
            RandomNetwork.Plan(
                sources: plain(4),
                channels: 9,
                kernel: (3, 8),
                pad: (0, 0),
                table: 2
            ),
        ],
        headStart: 4,
        seed: 1
    )

    /// The same with curved tables.
    static let curved: RandomNetwork = {
        var network = mixed
        network.description.tables[0].activation = .gate(a: 21, b: 60, c: 130, shift: 11, lower: -20, upper: 255)
        network.description.tables[1].activation = .quadratic(a: 3, b: -2, shift: 6, lower: -128, upper: 127)
        return network
    }()

    /// Dense convolutions only: no cubic rounds.
    static let dense = RandomNetwork(
        input: TensorShape(channels: 1, height: 8, width: 8),
        plans: [
            RandomNetwork.Plan(sources: plain(0), channels: 4, stride: (2, 2)),
            RandomNetwork.Plan(sources: plain(1), channels: 8, kernel: (4, 4), pad: (0, 0), table: 2),
        ],
        headStart: 1,
        seed: 2
    )

    /// Blocks larger than a row, so that one factor of a weight lies across rows.
    static let wide = RandomNetwork(
        input: TensorShape(channels: 1, height: 40, width: 33),
        plans: [
            RandomNetwork.Plan(sources: plain(0), channels: 2, kernel: (5, 5), stride: (1, 2), pad: (2, 2)),
            RandomNetwork.Plan(sources: plain(1), kind: .depthwise, channels: 2, stride: (3, 3), pad: (0, 0), table: 1),
            RandomNetwork.Plan(sources: plain(2), channels: 16, kernel: (13, 5), pad: (0, 0), table: 2),
        ],
        headStart: 2,
        seed: 3
    )

    /// Blocks far smaller than a row, which share one.
    static let small = RandomNetwork(
        input: TensorShape(channels: 1, height: 3, width: 3),
        plans: [
            RandomNetwork.Plan(sources: plain(0), channels: 3, table: 1),
            RandomNetwork.Plan(
                sources: [[BlockSource(block: 1)], [BlockSource(block: 1, column: .positivePart)]],
                kind: .depthwise,
                channels: 3,
                table: 1
            ),
            RandomNetwork.Plan(sources: plain(1, 2), channels: 2, stride: (2, 2)),
            RandomNetwork.Plan(sources: plain(3), channels: 3, kernel: (2, 2), pad: (0, 0), table: 2),
        ],
        headStart: 3,
        seed: 4
    )
}
