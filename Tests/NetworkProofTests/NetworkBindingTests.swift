import Bulletproofs
import Commitments
import Multilinear
import Ristretto255
import Testing

@testable import Models
@testable import NetworkProof
@testable import ProofTestSupport

/// A network proof is one proof of one statement: no element of it, and nothing that it was made for, can be exchanged.
@Suite struct NetworkBindingTests {
    private func honest(_ network: RandomNetwork = TestNetworks.small, start: Int = 0) throws -> OfferedProof {
        try NetworkAttempt(network, start: start).prove().proof
    }

    @Test func everyScalarMatters() throws {
        let proof = try honest()
        for place in NetworkElements(proof.body).scalars {
            var changed = proof
            changed.body[keyPath: place.path] += .one
            #expect(!NetworkMutant.none.accepts(changed), "\(place.name)")
        }
    }

    @Test func everyPointMatters() throws {
        let proof = try honest()
        for place in NetworkElements(proof.body).points {
            for shift in [RistrettoPoint.generator, RowGenerators.forWidth(128).blinding] {
                var changed = proof
                let point = try #require(changed.body[keyPath: place.path].decompress())
                changed.body[keyPath: place.path] = (point + shift).compress()
                #expect(!NetworkMutant.none.accepts(changed), "\(place.name)")
            }
            // No point at all, and the identity.
            for encoding in [[UInt8](repeating: 0xff, count: 32), [2] + Array(repeating: 0, count: 31)] {
                var changed = proof
                changed.body[keyPath: place.path] = try #require(CompressedRistretto(encoding))
                #expect(throws: ArgumentError.invalidPoint) { try NetworkMutant.none.equations(changed) }
            }
            var changed = proof
            changed.body[keyPath: place.path] = .identity
            #expect(!NetworkMutant.none.accepts(changed), "\(place.name)")
        }
    }

    /// The closing argument, element by element, in its encoding.
    @Test func everyElementOfTheClosingArgumentMatters() throws {
        let proof = try honest()
        let commitments = proof.body.closingCommitments.encode()
        let closing = proof.body.closing.encode()
        func changed(_ bytes: [UInt8], _ element: Int) throws -> [UInt8] {
            var bytes = bytes
            let range = 32 * element..<32 * element + 32
            if let point = CompressedRistretto(bytes[range])?.decompress() {
                bytes.replaceSubrange(range, with: (point + .generator).compress().bytes)
            } else {
                bytes.replaceSubrange(range, with: (try #require(Scalar(canonicalBytes: bytes[range])) + .one).bytes)
            }
            return bytes
        }
        for element in 0..<3 {
            var other = proof
            other.body.closingCommitments = try ClosingCommitments(decoding: try changed(commitments, element))
            #expect(!NetworkMutant.none.accepts(other))
        }
        for element in 0..<closing.count / 32 {
            var other = proof
            guard
                let decoded = try? ClosingProof(
                    decoding: try changed(closing, element),
                    gateCount: proof.shape.gateCount
                )
            else { continue }
            other.body.closing = decoded
            #expect(!NetworkMutant.none.accepts(other))
        }
    }

    /// Every list of the proof with one element more, one less, or none.
    @Test func everyLengthIsChecked() throws {
        let proof = try honest()
        func refuses(_ error: InteractionError = .wrongLength, _ change: (inout NetworkProofBody) -> Void) {
            var changed = proof
            change(&changed.body)
            #expect(throws: ArgumentError.interaction(error)) { try NetworkMutant.none.equations(changed) }
        }
        refuses { $0.startRows.append($0.startRows[0]) }
        refuses { $0.startRows.removeLast() }
        refuses { $0.witnessRows.append($0.witnessRows[0]) }
        refuses { $0.witnessRows.removeLast() }
        refuses { $0.witnessRows.removeAll() }
        refuses { $0.startRows.append($0.witnessRows.removeFirst()) }
        refuses(.surplusScalars) { $0.maskedScalars.append(.one) }
        refuses(.missingScalar) { $0.maskedScalars.removeLast() }
        refuses(.missingScalar) { $0.maskedScalars.removeAll() }
        refuses { $0.opening.folds.append($0.opening.folds[0]) }
        refuses { $0.opening.folds.removeLast() }
        refuses { $0.opening.vector.append(.one) }
        refuses { $0.opening.vector.removeLast() }
        var other = proof
        other.parameters.removeLast()
        #expect(throws: ArgumentError.interaction(.wrongLength)) { try NetworkMutant.none.equations(other) }
        other.parameters = proof.parameters + [.identity]
        #expect(throws: ArgumentError.interaction(.wrongLength)) { try NetworkMutant.none.equations(other) }
    }

    @Test func boundToItsContext() throws {
        let proof = try honest()
        #expect(NetworkMutant.none.accepts(proof))
        let changes: [(inout NetworkContext) -> Void] = [
            { $0.challenge[0] ^= 1 }, { $0.challenge.append(0) }, { $0.challenge = [] },
            { $0.attestation = [0] }, { $0.model[31] ^= 1 }, { $0.sample = 1 }, { $0.sample = 255 },
            { $0.start = 3 }, { $0.start = 256 },
            // One byte moved from a message to the next.
            { $0.attestation = [$0.challenge.removeLast()] },
        ]
        for change in changes {
            var changed = proof
            change(&changed.context)
            #expect(!NetworkMutant.none.accepts(changed))
        }
    }

    /// Rows exchanged between two valid proofs of one network and one context, alone and together.
    @Test func rowsOfTwoProofs() throws {
        let first = try honest()
        let second = try NetworkAttempt(TestNetworks.small, seed: 8).prove().proof
        #expect(NetworkMutant.none.accepts(second))
        func refuses(_ change: (inout OfferedProof) -> Void) {
            var changed = first
            change(&changed)
            #expect(!NetworkMutant.none.accepts(changed))
        }
        for index in first.body.startRows.indices {
            refuses { $0.body.startRows[index] = second.body.startRows[index] }
        }
        for index in first.body.witnessRows.indices {
            refuses { $0.body.witnessRows[index] = second.body.witnessRows[index] }
        }
        refuses { $0.embeddingRow = second.embeddingRow }
        refuses { $0.body.startRows = second.body.startRows }
        refuses { $0.body.witnessRows = second.body.witnessRows }
        refuses {
            $0.body.startRows = second.body.startRows
            $0.body.witnessRows = second.body.witnessRows
            $0.embeddingRow = second.embeddingRow
        }
        refuses { $0.body.closing = second.body.closing }
        refuses { $0.body.opening = second.body.opening }
        refuses {
            $0.body.closing = second.body.closing
            $0.body.closingCommitments = second.body.closingCommitments
        }
        refuses { $0.body.maskedScalars = second.body.maskedScalars }
        // Two rows of one proof exchanged.
        refuses { $0.body.witnessRows.swapAt(0, 1) }
        refuses { proof in
            let row = proof.embeddingRow
            proof.embeddingRow = proof.body.startRows[0]
            proof.body.startRows[0] = row
        }
    }

    /// A proof of the whole network at the place of one of its head, and the reverse, even under the right context.
    @Test func otherStart() throws {
        for network in [TestNetworks.mixed, TestNetworks.small, TestNetworks.dense] {
            let head = network.description.headStart
            for (made, shown) in [(0, head), (head, 0)] {
                var proof = try honest(network, start: made)
                proof.context.start = shown
                #expect(!NetworkMutant.none.accepts(proof))
                proof.shape = NetworkShape(network.description, start: shown)
                #expect(!NetworkMutant.none.accepts(proof))
            }
        }
    }

    /// The parameter rows are the registered model's.
    @Test(arguments: [false, true])
    func otherParameters(isPrivate: Bool) throws {
        let network = TestNetworks.small
        let rows = ParameterRows(
            network.description,
            parameters: network.parameters,
            blindingSeed: isPrivate ? Array(repeating: 5, count: 32) : nil
        )
        let proof = try NetworkAttempt(network, registered: rows).prove().proof
        #expect(NetworkMutant.none.accepts(proof))
        for index in proof.parameters.indices {
            var changed = proof
            let point = try #require(changed.parameters[index].decompress())
            changed.parameters[index] = (point + RowGenerators.forWidth(128).columns[0]).compress()
            #expect(!NetworkMutant.none.accepts(changed))
        }
        var other = proof
        other.parameters =
            ParameterRows(
                network.description,
                parameters: network.parameters,
                blindingSeed: isPrivate ? nil : Array(repeating: 5, count: 32)
            ).commitments
        #expect(!NetworkMutant.none.accepts(other))
    }
}
