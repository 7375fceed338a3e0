import Models
import Statement
import Testing

@testable import VerifierCore

/// Published models, of networks with a layer or two and weights that are not looked at.
enum TestModels {
    static func published(
        layers: Int = 2,
        modality: String = "face",
        name: String = "test",
        thresholds: [MatchThreshold] = []
    ) throws -> PublishedModel {
        let shape = TensorShape(channels: 16, height: 1, width: 1)
        let description = NetworkDescription(
            input: TensorShape(channels: 1, height: 4, width: 4),
            shift: 7,
            tables: [NetworkDescription.Table(activation: .embedding, quotients: -2000...2000)],
            headStart: layers > 1 ? layers - 1 : 0,
            layers: (0..<layers).map { index in
                NetworkDescription.Layer(
                    name: "\(index)",
                    terms: [
                        NetworkDescription.Term(
                            kind: .convolution,
                            sources: [BlockSource(block: index)],
                            kernelHeight: index == 0 ? 4 : 1,
                            kernelWidth: index == 0 ? 4 : 1,
                            strideY: 1,
                            strideX: 1,
                            padTop: 0,
                            padLeft: 0
                        )
                    ],
                    output: shape,
                    table: 0
                )
            }
        )
        let header = ModelHeader(
            name: name,
            modality: modality,
            preprocessing: Preprocessing(),
            minimumNorm: 200,
            thresholds: thresholds
        )
        return try PublishedModel(
            header: header,
            description: description,
            hasPrivateWeights: false,
            parameterRows: Array(repeating: .identity, count: ParameterLayout(description).rowCount)
        )
    }

    static func allowed(_ published: PublishedModel, threshold: UInt16 = 20_000) throws -> AllowedModel {
        let modality = try #require(Modality(name: published.modality))
        return try #require(
            AllowedModel(
                identity: published.identity,
                modality: modality,
                dimension: published.dimension,
                threshold: threshold,
                minimumNorm: published.minimumNorm,
                published: published
            )
        )
    }
}
