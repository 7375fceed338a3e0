import Testing

@testable import Ristretto255

@Suite("RFC 9496 vectors")
struct RFC9496Tests {
    let vectors: Vectors.RFC9496

    init() throws { vectors = try Vectors.rfc9496() }

    @Test func multiplesOfTheGenerator() throws {
        #expect(vectors.multiples.count == 16)
        var sum = RistrettoPoint.identity
        for (i, encoding) in vectors.multiples.enumerated() {
            #expect(hex(sum.compress().bytes) == encoding)
            #expect(hex((Scalar(UInt64(i)) * RistrettoPoint.generator).compress().bytes) == encoding)
            #expect(hex(FixedBaseTable.generator.multiply(Scalar(UInt64(i))).compress().bytes) == encoding)
            let decoded = try #require(CompressedRistretto(hex(encoding))?.decompress())
            #expect(decoded == sum)
            #expect(hex(decoded.compress().bytes) == encoding)
            sum += .generator
        }
        #expect(RistrettoPoint.identity.compress() == .identity)
        #expect(RistrettoPoint.identity.isIdentity)
        #expect(!RistrettoPoint.generator.isIdentity)
    }

    @Test(arguments: ["nonCanonical", "negative", "nonSquare", "negativeProduct", "zeroY"])
    func invalidEncodings(kind: String) throws {
        let encodings = try #require(vectors.invalid[kind])
        #expect(!encodings.isEmpty)
        for encoding in encodings {
            let compressed = try #require(CompressedRistretto(hex(encoding)))
            #expect(compressed.decompress() == nil, "\(kind): \(encoding)")
            // each class is refused by the check that it is named after
            let input = RistrettoPoint.DecodingInput(compressed)
            switch kind {
            case "nonCanonical", "negative":
                #expect(input == nil)
            default:
                let root = FieldElement.squareRootRatio(.one, try #require(input).ratio)
                #expect((root.wasSquare == 0) == (kind == "nonSquare"))
            }
        }
    }

    @Test func oneWayMap() {
        #expect(vectors.oneWayMap.count == 11)
        for vector in vectors.oneWayMap {
            #expect(hex(RistrettoPoint(uniformBytes: hex(vector.input)).compress().bytes) == vector.output)
        }
    }

    @Test func squareRootRatio() {
        #expect(vectors.squareRootRatio.count == 6)
        for vector in vectors.squareRootRatio {
            let (wasSquare, root) = FieldElement.squareRootRatio(element(vector.u), element(vector.v))
            #expect((wasSquare != 0) == vector.wasSquare)
            #expect(wasSquare == 0 || wasSquare == .max)
            #expect(root.words() == element(vector.root).words())
        }
    }

    private func element(_ string: String) -> FieldElement {
        FieldElement(words: LittleEndian.words8(hex(string)).lower)
    }
}
