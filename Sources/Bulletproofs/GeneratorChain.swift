import Ristretto255
import Transcript

/// An endless chain of points without known relations: SHAKE256("GeneratorsChain" || label), 64 bytes a point, each
/// mapped to the group by RFC 9496, section 4.3.4. The same as dalek's `GeneratorsChain`.
public struct GeneratorChain: Sequence, IteratorProtocol, Sendable {
    private var sponge: KeccakSponge

    /// A chain for `label`; other labels give independent chains.
    public init(label: some Collection<UInt8>) {
        sponge = .shake256
        sponge.absorb("GeneratorsChain".utf8)
        sponge.absorb(label)
    }

    /// The next generator; never nil.
    public mutating func next() -> RistrettoPoint? {
        RistrettoPoint(uniformBytes: sponge.squeeze(64))
    }
}
