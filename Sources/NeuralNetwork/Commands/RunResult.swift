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
