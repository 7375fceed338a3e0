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
        struct State: Sendable {
            var embeddings: [[Int16]]
            var failure: ImportError?
        }
        let state = Mutex(State(embeddings: [[Int16]](repeating: [], count: images.count)))
        // In batches, so that progress is told from this thread.
        let batch = 64
        for start in stride(from: 0, to: images.count, by: batch) {
            DispatchQueue.concurrentPerform(iterations: Swift.min(batch, images.count - start)) { offset in
                guard state.withLock({ $0.failure == nil }) else { return }
                do throws(ImportError) {
                    let image = try ModelCommands.image(images[start + offset])
                    guard let input = try? model.preprocess(image, preparation) else {
                        state.withLock { $0.embeddings[start + offset] = [Int16](repeating: 0, count: model.dimension) }
                        return
                    }
                    let embedding = try ModelCommands.embed(model, input)
                    state.withLock { $0.embeddings[start + offset] = embedding }
                } catch {
                    state.withLock { $0.failure = $0.failure ?? error }
                }
            }
            if let failure = state.withLock({ $0.failure }) { throw failure }
            progress(Double(Swift.min(start + batch, images.count)) / Double(images.count))
        }
        self.init(embeddings: state.withLock { $0.embeddings })
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
