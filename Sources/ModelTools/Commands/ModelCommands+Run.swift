import Imaging
import IntegerNetwork

/// Embeddings of some images and how they compare.
public struct RunResult: Codable, Sendable {
    /// What the network makes of one image.
    public struct Embedding: Codable, Sendable {
        /// The image's, as it was named.
        public var path: String
        /// e: d entries in -127...127.
        public var values: [Int16]
        /// <e, e>.
        public var norm: Int
        /// Of preprocessing and network, the image being decoded already.
        public var milliseconds: Double
    }

    /// Two of the images.
    public struct Comparison: Codable, Sendable {
        /// Path of the probe's image.
        public var first: String
        /// Path of the template's image, a single sample.
        public var second: String
        /// The integers that the decision is made of.
        public var score: MatchScore
        /// -1...1, for people.
        public var cosine: Double
        /// Greatest numerator with which the pair matches; nil if none.
        public var numerator: Int?
    }

    /// The model's name.
    public var model: String
    /// In the order of the images.
    public var embeddings: [Embedding]
    /// Every pair, the first image's embedding as the probe; empty if none were asked for.
    public var comparisons: [Comparison]
}

extension ModelCommands {
    /// Embeds images and, if asked to, compares every pair of them.
    public static func run(
        model path: String,
        images: [String],
        preparation: FramePreparation = .aligned,
        comparing: Bool = true
    ) throws(ImportError) -> RunResult {
        let model = try load(path)
        var embeddings: [RunResult.Embedding] = []
        for path in images {
            let image = try self.image(path)
            let start = ContinuousClock.now
            let input: [UInt8]
            do {
                input = try model.preprocess(image, preparation)
            } catch {
                throw .frame(path: path, error)
            }
            let values = try embed(model, input)
            let elapsed = start.duration(to: .now).components
            embeddings.append(
                RunResult.Embedding(
                    path: path,
                    values: values,
                    norm: values.reduce(0) { $0 + Int($1) * Int($1) },
                    milliseconds: Double(elapsed.seconds) * 1e3 + Double(elapsed.attoseconds) / 1e15
                )
            )
        }
        var comparisons: [RunResult.Comparison] = []
        for (index, first) in embeddings.enumerated() where comparing {
            for second in embeddings[(index + 1)...] {
                let score = MatchScore(probe: first.values, template: second.values)
                comparisons.append(
                    RunResult.Comparison(
                        first: first.path,
                        second: second.path,
                        score: score,
                        cosine: score.cosine,
                        numerator: score.greatestNumerator(minimumNorm: model.minimumNorm)
                    )
                )
            }
        }
        return RunResult(model: model.name, embeddings: embeddings, comparisons: comparisons)
    }
}
