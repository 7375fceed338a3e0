import Ristretto255

@testable import MatchProof

/// Where each 32-byte element of an envelope lies; written from `docs/protocol.md` sections 2.3 and 4, not from the decoder.
struct EnvelopeLayout {
    enum Kind: Equatable { case point, scalar }

    struct Element {
        let name: String
        let kind: Kind
        let offset: Int
    }

    let bytes: [UInt8]
    let elements: [Element]

    init(_ envelope: ProofEnvelope) {
        let statement = envelope.challenge.challenge
        let shape = MatchShape(statement)
        var offset = 4 + 1 + 1 + 2 + envelope.challenge.bytes.count
        for attestation in envelope.attestations { offset += attestation == nil ? 1 : 1 + 8 + 32 + 64 }
        var elements: [Element] = []
        func add(_ name: String, _ kind: Kind, _ count: Int = 1) {
            for _ in 0..<count {
                elements.append(Element(name: name, kind: kind, offset: offset))
                offset += 32
            }
        }
        add("embedding row", .point, statement.samples)
        add("multiplicity row", .point, shape.multiplicityRowCount)
        if statement.role == .reblind { add("new template", .point) }
        add("wire commitment", .point, 3)
        add("masked scalar", .scalar, shape.maskedScalarCount)
        add("D", .point)
        add("s", .scalar)
        add("omega", .scalar)
        add("fold", .point, 2 * shape.opening.foldCount)
        add("folded vector", .scalar, 4)
        if statement.role == .reblind {
            add("A", .point)
            add("z", .scalar)
        }
        add("T", .point, 5)
        add("value at x", .scalar, 3)
        var rounds = 0
        while 1 << rounds < shape.gateCount { rounds += 1 }
        add("closing fold", .point, 2 * rounds)
        add("closing scalar", .scalar, 2)
        self.elements = elements
        bytes = envelope.encode()
    }

    func element(_ element: Element) -> [UInt8] { Array(bytes[element.offset..<element.offset + 32]) }

    func replacing(_ element: Element, by value: [UInt8]) -> [UInt8] {
        var copy = bytes
        copy.replaceSubrange(element.offset..<element.offset + 32, with: value)
        return copy
    }
}
