import SensorClient
import ServiceSupport

/// One of the sensors that the prover asks.
public struct ProverSensor: Sendable {
    /// What people and logs call it, such as "reader" or "camera"; no two have the same.
    public let name: String
    /// Whose seat it belongs to. A sensor that says another is not asked.
    public let seat: String
    /// What it is asked through; tests put their own in.
    public let source: any SampleSource

    public init(name: String, seat: String, source: any SampleSource) {
        self.name = name
        self.seat = seat
        self.source = source
    }

    /// What it says of itself, or why it does not.
    func state(within limit: Duration) async -> Result<SensorInfo, SampleFailure> {
        do throws(SampleFailure) {
            let info = try await source.info(within: limit)
            return .success(info)
        } catch {
            return .failure(error)
        }
    }
}

/// What one sensor gave.
struct SensorLook: Sendable {
    let sensor: ProverSensor
    /// Their places are those among all challenges of the capture, not only the sensor's.
    let captured: [CapturedSample]
}

/// What configuration and flags say of one sensor.
public struct SensorEntry: Decodable, Equatable, Sendable {
    /// More than these are no machine's.
    public static let maximumCount = 8
    static let maximumNameLength = 32

    /// What prompts and logs call it.
    public var name: String
    /// The sensor's socket.
    public var socket: String
    /// The user that it runs as, a name or a uid; nil: `sensorUser`.
    public var user: String?
    /// The seat that it belongs to; nil: `seat`.
    public var seat: String?

    public init(name: String, socket: String, user: String? = nil, seat: String? = nil) {
        (self.name, self.socket, self.user, self.seat) = (name, socket, user, seat)
    }

    /// From a flag: `name=socket`, or the socket alone, whose last part is then the name.
    public init(flag text: String) throws(ConfigurationFault) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, !parts[0].contains("/") {
            self.init(name: parts[0], socket: parts[1])
        } else {
            self.init(name: text.lastPathPart, socket: text)
        }
    }

    /// Whether the sensors can be told apart and reached.
    static func check(_ entries: [SensorEntry]) throws(ConfigurationFault) {
        guard (1...maximumCount).contains(entries.count) else {
            throw .wrongValue(key: "sensors", reason: "there must be 1 to \(maximumCount)")
        }
        for (index, entry) in entries.enumerated() {
            guard isName(entry.name) else {
                throw .wrongValue(
                    key: "sensors.\(index).name",
                    reason: "must be 1 to \(maximumNameLength) letters, digits, \".\", \"-\" or \"_\""
                )
            }
            guard entry.socket.hasPrefix("/") else {
                throw .wrongValue(key: "sensors.\(index).socket", reason: "must be an absolute path")
            }
            if let seat = entry.seat { try ProverConfiguration.checkSeat(seat, key: "sensors.\(index).seat") }
            let others = entries[..<index]
            guard !others.contains(where: { $0.name == entry.name }) else {
                throw .wrongValue(key: "sensors.\(index).name", reason: "two sensors are called \"\(entry.name)\"")
            }
            guard !others.contains(where: { $0.socket == entry.socket }) else {
                throw .wrongValue(key: "sensors.\(index).socket", reason: "two sensors have this socket")
            }
        }
    }

    private static func isName(_ text: String) -> Bool {
        let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_".utf8)
        return (1...maximumNameLength).contains(text.utf8.count) && text.utf8.allSatisfy(letters.contains)
    }
}
