import IntegerNetwork
import Statement

/// Where the prover gets its samples from.
public protocol SampleSource: Sendable {
    /// What the sensor is. One that is started by the question takes its time to load its models.
    func info(within limit: Duration) async throws(SampleFailure) -> SensorInfo

    /// The key that the sensor signs with for that verifier, 32 bytes.
    func publicKey(audience: String, verifierKey: [UInt8]) async throws(SampleFailure) -> [UInt8]

    /// One capture for a challenge, or for a `ChallengeSet`; `index` counts the samples of a challenge from 0.
    /// Cancelling the task cancels the capture.
    ///
    /// - Parameter models: those of the challenges' parts, run on what the sensor committed; not needed at `match`.
    /// - Returns: a sample for every challenge of the one modality that was captured, in their order; at least one.
    func capture(
        _ challenges: [SignedChallenge],
        models: [EmbeddingModel],
        index: Int,
        timeout: Duration,
        advise: @escaping @Sendable (String) -> Void
    ) async throws(SampleFailure) -> [CapturedSample]
}

/// What one capture gave for one challenge.
public struct CapturedSample: Sendable {
    /// The challenge's place among those of the capture.
    public let challenge: Int
    /// The sample under the challenge's model and, for an upgrade, the same capture under the previous one.
    public let samples: [CommittedSample]

    public init(challenge: Int, samples: [CommittedSample]) {
        self.challenge = challenge
        self.samples = samples
    }
}

/// What a sensor says about itself.
public struct SensorInfo: Sendable, Equatable {
    /// "image-file", "camera" or "reader".
    public let kind: String
    /// `Modality.name` of each that it captures.
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
        self.kind = kind
        self.modalities = modalities
        self.models = models
        self.seat = seat
        self.trouble = trouble
    }

    /// Why a sensor that is taken to be at this seat is not asked: who sits there is not in front of it.
    public func fault(at expected: String) -> SampleFailure? {
        guard let seat, seat != expected else { return nil }
        return .unavailable(hint: "the sensor says that it is at \(seat), and is configured for \(expected)")
    }
}

/// Why there is no sample.
public enum SampleFailure: Error, Equatable, Sendable {
    /// The sensor is not there, cannot be believed, or has not got what is needed; the hint says which.
    case unavailable(hint: String)
    /// The sensor works, but has seen nothing usable.
    case poorSample(advice: String)
    /// The sensor serves somebody else.
    case busy
    /// The task was cancelled.
    case cancelled
}

extension SampleFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unavailable(let hint): hint
        case .poorSample(let advice): advice
        case .busy: "the sensor is busy"
        case .cancelled: "cancelled"
        }
    }
}
