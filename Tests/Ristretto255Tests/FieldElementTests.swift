import Testing

@testable import Ristretto255

@Suite("Field arithmetic against Python integers")
struct FieldElementTests {
    let vectors: Vectors.Arithmetic

    init() throws { vectors = try Vectors.arithmetic() }

    @Test func operations() {
        for v in vectors.field {
            let (a, b) = (element(v.a), element(v.b))
            #expect(encode(a + b) == v.sum)
            #expect(encode(a - b) == v.difference)
            #expect(encode(a * b) == v.product)
            #expect(encode(a.squared()) == v.square)
            #expect(encode((a + b).carried()) == v.sum)
            // operands that are not tight
            #expect(encode((a + b) * (a - b)) == encode((a.squared() - b.squared()).carried()))
            #expect(FieldElement.equalMask(a, b) == (v.a == v.b ? .max : 0))
        }
    }

    @Test func inverses() {
        for v in vectors.fieldInverses { #expect(encode(element(v.a).inverse()) == v.inverse) }
    }

    /// All operands that the bounds of `FieldElement` admit, at their extremes: products, squares and `carried()` are
    /// tight whatever is put in; sums and differences are right for tight operands up to 2^255 + 2^11 - 1.
    @Test func extremeOperands() {
        let top: UInt64 = .max >> 1
        let tightest = [
            FieldElement(.max, .max, .max, top), FieldElement(1 << 11 - 1, 0, 0, 1 << 63),
            FieldElement(0, 0, 0, 1 << 63),
            FieldElement(.max - 18, .max, .max, top), .zero, .one, FieldElement(37, 0, 0, 0),
        ]
        let any =
            tightest + [
                FieldElement(.max, .max, .max, .max), FieldElement(.max - 37, .max, .max, .max),
                FieldElement(0, .max, .max, .max),
            ]
        for a in any {
            let tidy = element(encode(a))
            for value in [a.squared(), a.carried()] { #expect(isTight(value)) }
            #expect(encode(a.carried()) == encode(a))
            for b in any {
                let product = a * b
                #expect(isTight(product))
                #expect(encode(product) == encode(tidy * element(encode(b))))
            }
            for b in tightest {
                let other = element(encode(b))
                #expect(encode(a - b) == encode(tidy - other))
                #expect(encode(a.adding(tight: b)) == encode(tidy + other))
                if isTight(a) { #expect(encode(a + b) == encode(tidy + other)) }
            }
        }
    }

    private func isTight(_ a: FieldElement) -> Bool {
        a.v3 < 1 << 63 || a.v3 == 1 << 63 && a.v2 == 0 && a.v1 == 0 && a.v0 < 1 << 11
    }

    @Test func masks() {
        #expect(FieldElement.zero.zeroMask == .max)
        #expect(FieldElement.one.zeroMask == 0)
        // p and 2p
        #expect(FieldElement(.max - 18, .max, .max, .max >> 1).zeroMask == .max)
        #expect(FieldElement(.max - 37, .max, .max, .max).zeroMask == .max)
        #expect(FieldElement.one.negativeMask == .max)
        #expect(FieldElement(2, 0, 0, 0).negativeMask == 0)
        #expect((-FieldElement.one).negativeMask == 0)
    }

    private func element(_ string: String) -> FieldElement {
        FieldElement(words: LittleEndian.words8(hex(string)).lower)
    }

    private func encode(_ a: FieldElement) -> String {
        let w = a.words()
        return hex(
            [w.0, w.1, w.2, w.3].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        )
    }
}
