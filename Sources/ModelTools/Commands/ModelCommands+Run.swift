import Imaging
import IntegerNetwork

/// Embeddings of some images and how they compare.
public struct RunResult: Codable, Sendable {
    public struct Embedding: Codable, Sendable {
        public var path: String
        public var values: [Int16]
        /// <e, e>.
        public var norm: Int
        public var milliseconds: Double
    }

    public struct Comparison: Codable, Sendable {
        public var first: String
        public var second: String
        public var score: MatchScore
        public var cosine: Double
        /// Greatest numerator with which the pair matches; nil if none.
        public var numerator: Int?
    }

    public var model: String
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
