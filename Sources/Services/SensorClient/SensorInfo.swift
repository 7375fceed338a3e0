/// What a sensor says about itself.
public struct SensorInfo: Sendable, Equatable {
    /// "image-file" or "camera".
    public let kind: String
    public let modalities: [String]
    /// Identities of its models in hexadecimal.
    public let models: [String]
    /// The seat that it belongs to; nil where it does not say.
    public let seat: String?
    /// Why it gives no frames, in its own words; nil where it knows of nothing.
    public let trouble: String?

    public init(
        kind: String,
        modalities: [String],
        models: [String],
        seat: String? = nil,
        trouble: String? = nil
    ) {
        self.trouble = trouble
        self.kind = kind
        self.modalities = modalities
        self.models = models
        self.seat = seat
    }

    /// Why a sensor that is taken to be at this seat is not asked: who sits there is not in front of it.
    public func fault(at expected: String) -> SampleFailure? {
        guard let seat, seat != expected else { return nil }
        return .unavailable(hint: "the sensor says that it is at \(seat), and is configured for \(expected)")
    }
}
