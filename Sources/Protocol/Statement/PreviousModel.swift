import Commitments
import Encoding

/// The model of the recorded template, in the challenge of an upgrade: what the samples must match it under.
public struct PreviousModel: Equatable, Sendable {
    /// Identity, 32 bytes.
    public var identity: [UInt8]
    public var dimension: Int
    public var threshold: UInt16
    public var minimumNorm: UInt32

    public init(identity: [UInt8], dimension: Int, threshold: UInt16, minimumNorm: UInt32) {
        self.identity = identity
        self.dimension = dimension
        self.threshold = threshold
        self.minimumNorm = minimumNorm
    }

    func validate() throws(WireError) {
        guard identity.count == 32 else { throw .outOfRange(field: .model) }
        guard MatchBounds.dimensions.contains(dimension) else { throw .outOfRange(field: .dimension) }
        guard threshold >= 1 else { throw .outOfRange(field: .threshold) }
        guard MatchBounds.isUsable(minimumNorm: minimumNorm, dimension: dimension) else {
            throw .outOfRange(field: .minimumNorm)
        }
    }

    package func write(to writer: inout WireWriter) {
        writer.append(raw: identity)
        writer.append(UInt16(truncatingIfNeeded: dimension))
        writer.append(threshold)
        writer.append(minimumNorm)
    }

    package init(reading reader: inout WireReader) throws(WireError) {
        identity = try reader.readRaw(32)
        dimension = Int(try reader.readInteger(UInt16.self))
        threshold = try reader.readInteger()
        minimumNorm = try reader.readInteger()
    }
}
