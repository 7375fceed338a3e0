/// What centring a model found.
public struct CentreReport: Codable, Sendable {
    /// Of the written model, hexadecimal.
    public var identity: String
    /// Images that gave a frame, and that did not.
    public var images: Int
    public var refusedImages: Int
    /// The length of the mean of the embeddings, each of length 1: 0 if they point everywhere, 1 if all point one way.
    public var meanBefore: Double
    public var meanAfter: Double
    public var minimumNorm: UInt32
}
