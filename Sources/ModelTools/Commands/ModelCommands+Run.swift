import Dispatch
import Imaging
import IntegerNetwork
import Synchronization

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

    /// An image that gave no embedding.
    public struct Failure: Codable, Sendable {
        public var path: String
        /// In words.
        public var reason: String
    }

    /// The model's name.
    public var model: String
    /// In the order of the images.
    public var embeddings: [Embedding]
    /// In the order of the images; the batch goes on behind them.
    public var failures: [Failure]
    /// Every pair, the first image's embedding as the probe; empty if none were asked for.
    public var comparisons: [Comparison]
}

extension ModelCommands {
    /// Embeds images, on all cores, and, if asked to, compares every pair of them. An image that cannot be read or gives no frame
    /// is reported; the others go on.
    public static func run(
        model path: String,
        images: [String],
        preparation: FramePreparation = .aligned,
        comparing: Bool = true
    ) throws(ImportError) -> RunResult {
        let model = try load(path)
        let outcomes = Mutex([Result<RunResult.Embedding, ImportError>?](repeating: nil, count: images.count))
        DispatchQueue.concurrentPerform(iterations: images.count) { index in
            let outcome = Result { () throws(ImportError) in try embedding(of: images[index], model, preparation) }
            outcomes.withLock { $0[index] = outcome }
        }
        var (embeddings, failures): ([RunResult.Embedding], [RunResult.Failure]) = ([], [])
        for (path, outcome) in zip(images, outcomes.withLock({ $0 })) {
            switch outcome {
            case .success(let embedding)?: embeddings.append(embedding)
            case .failure(let error)?: failures.append(RunResult.Failure(path: path, reason: error.reason(at: path)))
            case nil: break
            }
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
        return RunResult(model: model.name, embeddings: embeddings, failures: failures, comparisons: comparisons)
    }

    static func embedding(
        of path: String,
        _ model: EmbeddingModel,
        _ preparation: FramePreparation
    ) throws(ImportError) -> RunResult.Embedding {
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
        return RunResult.Embedding(
            path: path,
            values: values,
            norm: values.reduce(0) { $0 + Int($1) * Int($1) },
            milliseconds: Double(elapsed.seconds) * 1e3 + Double(elapsed.attoseconds) / 1e15
        )
    }
}

extension ImportError {
    /// In words, without the path that is named beside them.
    func reason(at path: String) -> String {
        switch self {
        case .image(_, let error): "\(error)"
        case .frame(_, let refusal): refusal.advice
        default: "\(self)"
        }
    }
}
