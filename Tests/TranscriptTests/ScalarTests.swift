import Ristretto255
import Testing

@testable import Transcript

@Suite struct ScalarTests {
    @Test func challengeScalarIsTheReducedChallenge() {
        var one = Transcript(label: "a")
        var two = one
        for _ in 0..<20 {
            #expect(one.challengeScalar("c") == Scalar(wideBytes: two.challengeBytes("c", count: 64)))
        }
    }

    @Test func randomScalarIsSixtyFourBytesReduced() {
        let transcript = Transcript(label: "a")
        var external = SystemRandomNumberGenerator()
        var fixed = FixedGenerator(value: external.next())
        let one = transcript.makeRandomness(witness: [], using: &fixed)
        let two = transcript.makeRandomness(witness: [], using: &fixed)
        let scalars = one.scalars(5)
        for scalar in scalars {
            var bytes = [UInt8](repeating: 0, count: 64)
            bytes.withUnsafeMutableBytes { two.fill($0) }
            #expect(scalar == Scalar(wideBytes: bytes))
        }
        #expect(Set(scalars.map(\.bytes)).count == 5)
    }

    @Test func scalarsAndPointsAreAppendedAsTheirBytes() {
        var one = Transcript(label: "a")
        var two = one
        let scalar = -Scalar.two
        let point = RistrettoPoint.generator.compress()
        one.append("s", scalar: scalar)
        two.append("s", bytes: scalar.bytes)
        one.append("p", point: point)
        two.append("p", bytes: point.bytes)
        #expect(one.challengeBytes("c", count: 32) == two.challengeBytes("c", count: 32))
    }

    private struct FixedGenerator: RandomNumberGenerator {
        let value: UInt64
        mutating func next() -> UInt64 { value }
    }
}
