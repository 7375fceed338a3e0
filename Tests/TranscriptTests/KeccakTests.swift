import Testing

@testable import Transcript

@Suite struct KeccakTests {
    /// First lanes of Keccak-f[1600] of the zero state, as published by the Keccak team (KeccakF-1600-IntermediateValues).
    @Test func permutationOfZeroStateMatchesPublishedLanes() {
        var state = KeccakState()
        state.permute()
        #expect(state.lane0 == 0xF125_8F79_40E1_DDE7)
        #expect(state.lane1 == 0x84D5_CCF9_33C0_478A)
        #expect(state.lane24 == 0xEAF1_FF7B_5CEC_A249)
        state.permute()
        #expect(state.lane0 == 0x2D5C_954D_F96E_CB3C)
    }

    @Test func permutationMatchesReferenceOnAllBytes() throws {
        let vectors = try Vectors.load()
        var state = KeccakState()
        state.permute()
        #expect(state.withMutableBytes { hex($0) } == vectors.keccakZeroState)
        state.permute()
        #expect(state.withMutableBytes { hex($0) } == vectors.keccakZeroStateTwice)
    }

    @Test func stateIsTwentyFiveLanes() {
        #expect(MemoryLayout<KeccakState>.size == KeccakState.byteCount)
    }

    @Test func hashesMatchHashlib() throws {
        for vector in try Vectors.load().hashes {
            let message = pattern(vector.length)
            #expect(hex(KeccakSponge.sha3_512(message)) == vector.sha3_512, "SHA3-512 of \(vector.length) bytes")
            var sponge = KeccakSponge.shake256
            sponge.absorb(message)
            #expect(hex(sponge.squeeze(300)) == vector.shake256, "SHAKE256 of \(vector.length) bytes")
        }
    }

    @Test func spongeDoesNotDependOnChunks() throws {
        let vectors = try Vectors.load()
        let last = try #require(vectors.hashes.last)
        let message = pattern(last.length)
        var sponge = KeccakSponge.shake256
        sponge.absorb(message.prefix(136))
        sponge.absorb(message[136..<137])
        sponge.absorb([])
        sponge.absorb(message.dropFirst(137))
        var output: [UInt8] = []
        for count in [0, 1, 63, 64, 8, 136, 28] {
            output += sponge.squeeze(count)
        }
        #expect(hex(output) == last.shake256)
    }
}
