import IntegerNetwork
import Statement

/// Which samples are alike, by the very inequalities that are proved.
struct SampleAgreement {
    let threshold: UInt16
    let minimumNorm: UInt32

    init(_ challenge: Challenge) {
        threshold = challenge.threshold
        minimumNorm = challenge.minimumNorm
    }

    /// Whether an embedding matches another embedding or a template.
    func matches(_ embedding: [Int16], _ other: [Int16]) -> Bool {
        MatchScore(probe: embedding, template: other).matches(numerator: threshold, minimumNorm: minimumNorm)
    }

    /// The embedding that the most others do not match, the latest of several; nil where all match one another.
    func outlier(of embeddings: [[Int16]]) -> Int? {
        var unlike = [Int](repeating: 0, count: embeddings.count)
        for second in embeddings.indices {
            for first in 0..<second where !matches(embeddings[first], embeddings[second]) {
                unlike[first] += 1
                unlike[second] += 1
            }
        }
        guard let most = unlike.max(), most > 0 else { return nil }
        return unlike.lastIndex(of: most)
    }
}
