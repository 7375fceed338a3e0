import Ristretto255
import Sodium
import Testing

@testable import ProofTestSupport
@testable import Transcript

/// For fixed blinders and randomness every network proof is the same to the byte, and so is what its verifier draws: a
/// change of the code that changes any of them changes the protocol.
@Suite struct NetworkProofBytesTests {
    /// The proof's bytes; the constraints that its verifier builds, the state in which they leave the transcript, and the
    /// value of the opening's equation for a vector that is wrong.
    private func digests(_ network: RandomNetwork, start: Int) throws -> [String] {
        var attempt = try NetworkAttempt(network, start: start)
        attempt.lies.system = SplitMix(state: 12)
        var proof = try attempt.prove().proof
        let places = NetworkElements(proof.body)
        var bytes = proof.rows.flatMap(\.bytes)
        bytes += places.scalars.flatMap { proof.body[keyPath: $0.path].bytes }
        bytes += places.points.flatMap { proof.body[keyPath: $0.path].bytes }
        bytes += proof.body.closingCommitments.encode() + proof.body.closing.encode()
        let replay = try proof.replay()
        var transcript = replay.transcript
        proof.body.opening.vector[0] += .one
        let value = try NetworkMutant.none.equations(proof).opening.value
        return [
            bytes, replay.constraints.bytes, transcript.merlin.challengeBytes("end", count: 32), value.compress().bytes,
        ].map { Hexadecimal.encode(Hash.sha256($0).prefix(8)) }
    }

    @Test(arguments: [
        (
            TestNetworks.mixed, 0,
            ["3b586e4e66c74fb3", "f982a02f7f089e26", "ae4f65e808f33f93", "ff8f0688059ff38a"]
        ),
        (
            TestNetworks.mixed, 4,
            ["593d47bd9eda4196", "edc05e509fc7c5ff", "23c35289809f3ebd", "f2cb2d6112df32e2"]
        ),
        (
            TestNetworks.dense, 0,
            ["63d43721518969fb", "36bdfcf608fb0fb5", "6ec6322871dc86c2", "c8b00c630a7d18e5"]
        ),
        (
            TestNetworks.dense, 1,
            ["938bd020223158e8", "70cf77a3e17597d1", "5786cac5d23c38c4", "65702ac5dc413cd1"]
        ),
        (
            TestNetworks.wide, 0,
            ["d6d9236064d1dc17", "8845d6111fb4dc01", "1ed11074821f889f", "b7dbb669c01f0388"]
        ),
        (
            TestNetworks.wide, 2,
            ["d37353a68dc8b0d4", "1542b1603bff67de", "116519259b6684bc", "069fa53529dd1b99"]
        ),
        (
            TestNetworks.curved, 0,
            ["ec7fd2426eceb3c8", "72f9e8ed82499e46", "9516d5f3884b6c20", "c2d6158a3dd87e57"]
        ),
        (
            TestNetworks.small, 0,
            ["ab61a7d0c880aa72", "b9d6c27bae5eb72a", "a9e56dde952d13e5", "8478031f48b1e98c"]
        ),
        (
            TestNetworks.small, 3,
            ["506e435a11e99596", "c54bb1846ed5d5f1", "3a77b87dc92c791e", "cb845e15f8e2b52d"]
        ),
    ])
    func areFixed(network: RandomNetwork, start: Int, expected: [String]) throws {
        let found = try digests(network, start: start)
        #expect(found == expected, "\(network.description.layers.count) \(start): \(found)")
    }
}
