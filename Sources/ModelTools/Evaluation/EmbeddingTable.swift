import Dispatch
import Imaging
import IntegerNetwork
import Synchronization

/// Embeddings of a set of images, each computed once, on all cores.
struct EmbeddingTable: Sendable {
    let embeddings: [[Int16]]
    /// <e, e> of each.
    let norms: [Int]

    init(embeddings: [[Int16]]) {
        self.embeddings = embeddings
        norms = embeddings.map { $0.reduce(0) { $0 + Int($1) * Int($1) } }
    }

    /// An image that gives no frame has the embedding 0, which is usable nowhere.
    init(
        _ model: EmbeddingModel,
        images: [String],
        _ preparation: FramePreparation = .aligned,
        progress: (Double) -> Void
    ) throws(ImportError) {
        var embeddings: [[Int16]] = []
        try Self.embed(model, images: images, preparation, progress: progress) { outcome throws(ImportError) in
            switch outcome {
            case .success(let embedding): embeddings.append(embedding.values)
            case .failure(.frame): embeddings.append([Int16](repeating: 0, count: model.dimension))
            case .failure(let error): throw error
            }
        }
        self.init(embeddings: embeddings)
    }

    /// Embeds images on all cores, a few at a time.
    ///
    /// - Parameter take: gets what became of each image, in their order, on the caller's thread; what it throws ends it all.
    static func embed(
        _ model: EmbeddingModel,
        images: [String],
        _ preparation: FramePreparation,
        progress: (Double) -> Void,
        take: (Result<RunResult.Embedding, ImportError>) throws(ImportError) -> Void
    ) throws(ImportError) {
        let batch = 64
        for start in stride(from: 0, to: images.count, by: batch) {
            let count = Swift.min(batch, images.count - start)
            let outcomes = Mutex([Result<RunResult.Embedding, ImportError>?](repeating: nil, count: count))
            DispatchQueue.concurrentPerform(iterations: count) { offset in
                let outcome = Result { () throws(ImportError) in
                    try ModelCommands.embedding(of: images[start + offset], model, preparation)
                }
                outcomes.withLock { $0[offset] = outcome }
            }
            for outcome in outcomes.withLock({ $0 }).compactMap(\.self) { try take(outcome) }
            progress(Double(start + count) / Double(images.count))
        }
    }

    /// The sum of some embeddings.
    func sum(_ images: [Int]) -> [Int16] {
        guard images.count != 1 else { return embeddings[images[0]] }
        var sum = embeddings[images[0]]
        for image in images.dropFirst() {
            for (index, value) in embeddings[image].enumerated() { sum[index] += value }
        }
        return sum
    }
}
