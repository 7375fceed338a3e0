import CSodium
import Testing

@testable import Ristretto255

@Suite("Random comparison with libsodium")
struct LibsodiumTests {
    init() throws { try #require(sodium_init() >= 0) }

    @Test func groupOperations() throws {
        var random = TestRandom(state: 7)
        var out = [UInt8](repeating: 0, count: 32)
        for round in 0..<300 {
            let uniform = random.bytes(64)
            let p = RistrettoPoint(uniformBytes: uniform)
            let q = random.point()
            let s = round < 3 ? [Scalar.one, .two, -.one][round] : random.scalar()
            let (pBytes, qBytes) = (p.compress().bytes, q.compress().bytes)

            try #require(crypto_core_ristretto255_from_hash(&out, uniform) == 0)
            #expect(out == pBytes)
            try #require(crypto_core_ristretto255_add(&out, pBytes, qBytes) == 0)
            #expect(out == (p + q).compress().bytes)
            try #require(crypto_core_ristretto255_sub(&out, pBytes, qBytes) == 0)
            #expect(out == (p - q).compress().bytes)
            try #require(crypto_scalarmult_ristretto255(&out, s.bytes, pBytes) == 0)
            #expect(out == (s * p).compress().bytes)
            #expect(out == FixedBaseTable(p).multiply(s).compress().bytes)
            #expect(out == RistrettoPoint.multiscalarMultiply([s], [p]).compress().bytes)
            try #require(crypto_scalarmult_ristretto255_base(&out, s.bytes) == 0)
            #expect(out == FixedBaseTable.generator.multiply(s).compress().bytes)

            let decoded = try #require(CompressedRistretto(pBytes)?.decompress())
            #expect(decoded == p)
            #expect(decoded.compress().bytes == pBytes)
            #expect(p.doubled() == p + p)
            #expect(p + -p == .identity)
            #expect(p != q)
        }
    }

    /// Whatever libsodium refuses is refused, and the reverse, on random and on damaged encodings; but libsodium 1.0.18
    /// ignores bit 255, which RFC 9496 requires to be zero.
    @Test func decodingAgrees() {
        var random = TestRandom(state: 11)
        var accepted = 0
        for round in 0..<3000 {
            var bytes = round % 2 == 0 ? random.bytes(32) : random.point().compress().bytes
            bytes[31] &= 0x7f
            if round % 4 == 0 { bytes[0] &= 0xfe }
            if round % 4 == 1 {
                bytes[Int.random(in: 0..<32, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let valid = crypto_core_ristretto255_is_valid_point(bytes) == 1 && bytes[31] < 0x80
            let decoded = CompressedRistretto(bytes)?.decompress()
            #expect((decoded != nil) == valid)
            if let decoded {
                accepted += 1
                #expect(decoded.compress().bytes == bytes)
            }
        }
        #expect(accepted > 500 && accepted < 2500)
    }

    @Test func scalars() {
        var random = TestRandom(state: 13)
        var out = [UInt8](repeating: 0, count: 32)
        for _ in 0..<300 {
            let wide = random.bytes(64)
            crypto_core_ristretto255_scalar_reduce(&out, wide)
            let a = Scalar(wideBytes: wide)
            #expect(a.bytes == out)
            let b = random.scalar()
            crypto_core_ristretto255_scalar_mul(&out, a.bytes, b.bytes)
            #expect((a * b).bytes == out)
            crypto_core_ristretto255_scalar_invert(&out, a.bytes)
            #expect(a.inverse().bytes == out)
            crypto_core_ristretto255_scalar_negate(&out, a.bytes)
            #expect((-a).bytes == out)
        }
    }
}
