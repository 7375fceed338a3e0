@testable import Models

/// A small model with every feature of the format; Scripts/published_model.py makes the same bytes from the
/// documentation.
enum SampleModel {
    static let description = NetworkDescription(
        input: TensorShape(channels: 1, height: 5, width: 6),
        shift: 7,
        tables: [
            NetworkDescription.Table(activation: .signed, quotients: -3000...2900),
            NetworkDescription.Table(
                activation: .quadratic(a: 5000, b: -70000, shift: 20, lower: -128, upper: 127),
                quotients: -500...0
            ),
            NetworkDescription.Table(activation: .embedding, quotients: -32768...32767),
        ],
        headStart: 2,
        layers: [
            NetworkDescription.Layer(
                name: "first",
                terms: [term(.convolution, [BlockSource(block: 0)], kernel: (3, 2), stride: (2, 1), pad: (1, 0))],
                output: TensorShape(channels: 3, height: 3, width: 5),
                table: 0
            ),
            NetworkDescription.Layer(
                name: "sécond",
                terms: [
                    term(.depthwise, [BlockSource(block: 1)], kernel: (3, 3), pad: (1, 1)),
                    term(
                        .depthwise,
                        [BlockSource(block: 1, column: .positivePart)],
                        kernel: (3, 3),
                        pad: (1, 1)
                    ),
                ],
                output: TensorShape(channels: 3, height: 3, width: 5),
                table: 1
            ),
            NetworkDescription.Layer(
                name: "",
                terms: [term(.convolution, [BlockSource(block: 2)], kernel: (3, 5))],
                output: TensorShape(channels: 5, height: 1, width: 1),
                table: 2
            ),
        ]
    )

    static let header = ModelHeader(
        name: "sample",
        modality: "fingerprint",
        preprocessing: Preprocessing(windowWidth: 300, windowHeight: 301, background: 250, keepsAspect: true),
        minimumNorm: 1000,
        thresholds: [MatchThreshold(fmr: 0.01, numerator: 9000), MatchThreshold(fmr: 0.001, numerator: 12000)]
    )

    /// Value k of tensor t is (1009 k + 757 t) mod 4001 - 2000; tensors are counted term by term, then the bias.
    static let parameters: NetworkParameters = {
        var tensor = 0
        func make(_ count: Int) -> [Int32] {
            defer { tensor += 1 }
            return (0..<count).map { Int32((1009 * $0 + 757 * tensor) % 4001 - 2000) }
        }
        var parameters = NetworkParameters(weights: [], biases: [])
        for (index, layer) in description.layers.enumerated() {
            parameters.weights.append(
                layer.terms.indices.map { make(description.weightCount(layer: index, term: $0)) }
            )
            parameters.biases.append(make(layer.output.channels))
        }
        return parameters
    }()

    static let seed = [UInt8](100..<132)

    static func model(blindingSeed: [UInt8]? = nil) throws -> PublishedModel {
        let rows = ParameterRows(description, parameters: parameters, blindingSeed: blindingSeed)
        return try PublishedModel(
            header: header,
            description: description,
            hasPrivateWeights: blindingSeed != nil,
            parameterRows: rows.commitments
        )
    }

    static func term(
        _ kind: NetworkDescription.Term.Kind,
        _ sources: [BlockSource],
        kernel: (Int, Int),
        stride: (Int, Int) = (1, 1),
        pad: (Int, Int) = (0, 0)
    ) -> NetworkDescription.Term {
        NetworkDescription.Term(
            kind: kind,
            sources: sources,
            kernelHeight: kernel.0,
            kernelWidth: kernel.1,
            strideY: stride.0,
            strideX: stride.1,
            padTop: pad.0,
            padLeft: pad.1
        )
    }
}
