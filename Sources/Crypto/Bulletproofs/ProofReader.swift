import Ristretto255

/// Reads a proof's 32-byte elements in order; total on any input.
package struct ProofReader {
    private var bytes: ArraySlice<UInt8>

    /// Starts at the first byte.
    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// Elements left; nil if the bytes left are no whole number of elements.
    package var elementCount: Int? {
        bytes.count % 32 == 0 ? bytes.count / 32 : nil
    }

    /// The next element as an encoded point, not yet decoded.
    package mutating func point() throws(BulletproofError) -> CompressedRistretto {
        guard let point = CompressedRistretto(try element()) else { throw .formatError }
        return point
    }

    /// The next element as a canonical scalar.
    package mutating func scalar() throws(BulletproofError) -> Scalar {
        guard let scalar = Scalar(canonicalBytes: try element()) else { throw .formatError }
        return scalar
    }

    private mutating func element() throws(BulletproofError) -> ArraySlice<UInt8> {
        guard bytes.count >= 32 else { throw .formatError }
        defer { bytes = bytes.dropFirst(32) }
        return bytes.prefix(32)
    }
}

/// Why a proof could not be made, read or accepted. No case carries a secret.
public enum BulletproofError: Error, Equatable, Sendable {
    /// The bytes are not a proof: wrong length, unknown version byte, or a scalar that is not canonical.
    case formatError
    /// The proof is well formed, but does not prove the statement: an encoded point that is no point, an identity
    /// element where none may be, a number of rounds that does not fit the statement, or an equation that fails.
    case verificationError
    /// The bit size of a range is none of 8, 16, 32, 64.
    case invalidBitsize
    /// The number of aggregated values is not a power of two, or is zero.
    case invalidAggregation
    /// There are fewer generators than the statement needs.
    case insufficientGenerators
    /// Vectors that must be of one length are not, or a length must be a power of two and is not.
    case lengthMismatch
    /// A value does not fit the range that is to be proved.
    case valueOutOfRange
    /// The prover of a constraint system was given no assignment for a variable.
    case missingAssignment
    /// A constraint names a variable or a wire that does not exist.
    case unknownVariable
    /// A challenge came out as zero (probability about 2^-252 for each), so the argument cannot go on.
    case zeroChallenge
}

extension BulletproofError: CustomStringConvertible {
    /// One clause for people, without a full stop.
    public var description: String {
        switch self {
        case .formatError: "the bytes are not a proof"
        case .verificationError: "the proof does not prove its statement"
        case .invalidBitsize: "a range has 8, 16, 32 or 64 bits"
        case .invalidAggregation: "the number of values is not a power of two"
        case .insufficientGenerators: "there are too few generators for the statement"
        case .lengthMismatch: "the vectors are not of the length that they must have"
        case .valueOutOfRange: "a value is outside the range that is to be proved"
        case .missingAssignment: "a variable has no value"
        case .unknownVariable: "a constraint names a variable that there is not"
        case .zeroChallenge: "a challenge came out as zero; try again"
        }
    }
}
