import SensorClient

/// One of the sensors that the prover asks.
public struct ProverSensor: Sendable {
    /// What people and logs call it, such as "reader" or "camera"; no two have the same.
    public let name: String
    /// Whose seat it belongs to. A sensor that says another is not asked.
    public let seat: String
    public let source: any SampleSource

    public init(name: String, seat: String, source: any SampleSource) {
        self.name = name
        self.seat = seat
        self.source = source
    }
}

/// What one sensor gave.
struct SensorLook: Sendable {
    let sensor: ProverSensor
    /// Their places are those among all challenges of the capture, not only the sensor's.
    let captured: [CapturedSample]
}
