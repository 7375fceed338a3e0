import Ristretto255
import Synchronization
import Transcript

/// The vectors of generators G and H of each party, dalek's `BulletproofGens`.
///
/// Party `j` has two chains of its own (see ``GeneratorChain``), labelled `"G"` and `"H"` followed by `j` as four
/// little-endian bytes. A constraint system uses the chains of party 0; an aggregated range proof of `m` values of `n`
/// bits uses the first `n` of each of the parties `0 ..< m`.
public struct BulletproofGenerators: Sendable {
    /// Generators in each chain.
    public let capacity: Int
    /// Parties.
    public var partyCount: Int { g.count }

    /// The chains `G`: `g[party][index]`, ``capacity`` of each.
    package let g: [[RistrettoPoint]]
    /// The chains `H`, alike.
    package let h: [[RistrettoPoint]]
    /// The chains `G` for secret scalars.
    package let secretG: [ConstantTimeGenerators]
    /// The chains `H` for secret scalars.
    package let secretH: [ConstantTimeGenerators]

    /// Computes the generators: about 12 microseconds for each of `2 * capacity * parties` points.
    ///
    /// - Parameters:
    ///   - capacity: generators in a chain, at least 1: the bits of a range, or the gates of a circuit rounded up to a
    ///     power of two.
    ///   - parties: values in an aggregated range proof, at least 1; 1 for circuits.
    public init(capacity: Int, parties: Int = 1) {
        precondition(capacity > 0 && parties > 0, "generators for nothing")
        func chain(_ letter: Character, _ party: Int) -> [RistrettoPoint] {
            var label = Array(String(letter).utf8)
            withUnsafeBytes(of: UInt32(party).littleEndian) { label.append(contentsOf: $0) }
            return Array(GeneratorChain(label: label).prefix(capacity))
        }
        self.capacity = capacity
        g = (0..<parties).map { chain("G", $0) }
        h = (0..<parties).map { chain("H", $0) }
        secretG = g.map(ConstantTimeGenerators.init)
        secretH = h.map(ConstantTimeGenerators.init)
    }

    /// The generators of an aggregation: the first `perParty` of each of the first `parties`, concatenated.
    package func aggregated(perParty: Int, parties: Int) throws(BulletproofError) -> (
        g: [RistrettoPoint], h: [RistrettoPoint]
    ) {
        guard perParty <= capacity, parties <= partyCount else { throw .insufficientGenerators }
        return (
            Array(g.prefix(parties).map { $0.prefix(perParty) }.joined()),
            Array(h.prefix(parties).map { $0.prefix(perParty) }.joined())
        )
    }
}

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

/// One chain of generators with the tables for multiplying it by secret scalars, about 2 KiB a point, built on first use:
/// a verifier never pays for them.
package final class ConstantTimeGenerators: Sendable {
    private let points: [RistrettoPoint]
    private let tables = Mutex<ConstantTimeTables?>(nil)

    init(_ points: [RistrettoPoint]) {
        self.points = points
    }

    /// The sum of `scalars[i] * points[i]` over the first generators, in constant time.
    ///
    /// - Precondition: no more scalars than points.
    package func multiply(_ scalars: ArraySlice<Scalar>) -> RistrettoPoint {
        let tables = self.tables.withLock { tables in
            if let built = tables, built.count >= scalars.count { return built }
            let built = ConstantTimeTables(Array(points.prefix(nextPowerOfTwo(scalars.count))))
            tables = built
            return built
        }
        var scalars = Array(scalars)
        defer { scalars.wipe() }
        return RistrettoPoint.multiscalarMultiply(constantTime: scalars, tables)
    }
}

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
