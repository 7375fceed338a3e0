import Ristretto255
import Transcript

/// The two bases of Pedersen commitments `value * base + blinding * blindingBase`.
public struct PedersenGenerators: Sendable {
    /// Base of the value, `B`.
    public let base: RistrettoPoint
    /// Base of the blinding factor, `B_blinding`; nobody knows its logarithm to `base`.
    public let blindingBase: RistrettoPoint

    private let baseTable: FixedBaseTable
    private let blindingTable: FixedBaseTable

    /// Generators at chosen points. The caller answers for their having no known relation.
    public init(base: RistrettoPoint, blindingBase: RistrettoPoint) {
        self.base = base
        self.blindingBase = blindingBase
        baseTable = FixedBaseTable(base)
        blindingTable = FixedBaseTable(blindingBase)
    }

    /// dalek's `PedersenGens::default()`: the ristretto255 generator, and the hash to the group by SHA3-512 of its
    /// encoding.
    public static let standard = PedersenGenerators(
        base: .generator,
        blindingBase: RistrettoPoint(uniformBytes: KeccakSponge.sha3_512(RistrettoPoint.generator.compress().bytes))
    )

    /// `value * base + blinding * blindingBase`, in constant time.
    public func commit(_ value: Scalar, blinding: Scalar) -> RistrettoPoint {
        baseTable.multiply(value) + blindingTable.multiply(blinding)
    }

    /// `blinding * blindingBase`, in constant time.
    package func commitToZero(blinding: Scalar) -> RistrettoPoint {
        blindingTable.multiply(blinding)
    }
}
