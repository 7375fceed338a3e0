/// What a sensor says about itself.
public struct SensorInfo: Sendable, Equatable {
    /// For example "image-file".
    public let kind: String
    public let modalities: [String]
    /// Identities of its models in hexadecimal.
    public let models: [String]

    public init(kind: String, modalities: [String], models: [String]) {
        self.kind = kind
        self.modalities = modalities
        self.models = models
    }
}
