import Ristretto255
import Testing
import Transcript

@testable import Bulletproofs
@testable import BulletproofsR1CS
@testable import BulletproofsRange

/// The closing argument: wires first, constraints that depend on challenges afterwards.
@Suite struct ClosingTests {
    /// `n` gates with random inputs, and constraints over them that hold for every challenge.
    struct Circuit {
        let left: [Scalar]
        let right: [Scalar]
        let output: [Scalar]
        var message: [UInt8] = [1, 2, 3]

        init(_ n: Int, seed: UInt64 = 1) {
            var randomness = SeededGenerator(seed)
            left = (0..<n).map { _ in .random(using: &randomness) }
            right = (0..<n).map { _ in .random(using: &randomness) }
            output = zip(left, right).map { $0 * $1 }
        }

        init(left: [Scalar], right: [Scalar], output: [Scalar]) {
            self.left = left
            self.right = right
            self.output = output
        }

        var count: Int { left.count }

        /// What prover and verifier do with the transcript between the commitments and the proof.
        func challenges(_ transcript: inout Transcript) -> [Scalar] {
            transcript.append("message", bytes: message)
            return [transcript.challengeScalar("alpha"), transcript.challengeScalar("beta")]
        }

        /// The public sums of the constraints' wires, which the statement knows.
        func constraints(_ challenges: [Scalar]) -> [SparseConstraint] {
            let wires = (0..<count).flatMap { [left[$0], right[$0], output[$0]] }
            var all: [SparseConstraint] = []
            for (number, challenge) in challenges.enumerated() {
                var constraint = SparseConstraint()
                var power = Scalar.one
                var sum = Scalar.zero
                for wire in Swift.stride(from: number, to: wires.count, by: 2) {
                    constraint.add(power, wire: wire)
                    sum += power * wires[wire]
                    power *= challenge
                }
                constraint.add(constant: -sum)
                all.append(constraint)
            }
            return all
        }

        func prove(
            label: StaticString = "closing",
            randomness: inout some RandomNumberGenerator
        ) throws(BulletproofError) -> (commitments: ClosingCommitments, proof: ClosingProof, next: [UInt8]) {
            var transcript = Transcript(label: label)
            let prover = try ClosingProver.commit(
                left: left,
                right: right,
                output: output,
                generators: Shared.circuits,
                pedersen: Shared.pedersen,
                transcript: &transcript,
                randomness: &randomness
            )
            let commitments = prover.commitments
            let constraints = constraints(challenges(&transcript))
            let proof = try prover.finish(constraints: constraints, transcript: &transcript)
            return (commitments, proof, transcript.challengeBytes("next", count: 32))
        }

        func equation(
            _ commitments: ClosingCommitments,
            _ proof: ClosingProof,
            label: StaticString = "closing",
            change: (inout [SparseConstraint]) -> Void = { _ in }
        ) throws(BulletproofError) -> (VerificationEquation, next: [UInt8]) {
            var transcript = Transcript(label: label)
            var randomness = SystemRandomNumberGenerator()
            let verifier = try ClosingVerifier(gateCount: count, commitments: commitments, transcript: &transcript)
            var constraints = constraints(challenges(&transcript))
            change(&constraints)
            let equation = try verifier.verificationEquation(
                constraints: constraints,
                proof: proof,
                transcript: &transcript,
                randomness: &randomness
            )
            return (equation, transcript.challengeBytes("next", count: 32))
        }

        func verify(
            _ commitments: ClosingCommitments,
            _ proof: ClosingProof,
            label: StaticString = "closing",
            change: (inout [SparseConstraint]) -> Void = { _ in }
        ) -> Outcome {
            outcome { () throws(BulletproofError) in
                try equation(commitments, proof, label: label, change: change).0
                    .verify(generators: Shared.circuits, pedersen: Shared.pedersen)
            }
        }

        /// The same statement in dalek's form: gates in phase 1, the constraints in a randomised callback.
        func verifyAsDalek(_ bytes: [UInt8]) -> Outcome {
            outcome { () throws(BulletproofError) in
                let proof = try R1CSProof(decoding: bytes)
                let verifier = R1CSVerifier(transcript: Transcript(label: "closing"))
                for _ in 0..<count { _ = try verifier.allocateMultiplier(nil) }
                verifier.specifyRandomizedConstraints { system in
                    for constraint in constraints(challenges(&system.transcript)) {
                        var combination = LinearCombination()
                        for term in constraint.terms {
                            let gate = Int(term.wire) / 3
                            let variable: Variable =
                                term.wire == SparseConstraint.constantWire
                                ? .constantOne : [.left(gate), .right(gate), .output(gate)][Int(term.wire) % 3]
                            combination.add(variable, coefficient: term.coefficient)
                        }
                        system.constrain(combination)
                    }
                }
                var randomness = SystemRandomNumberGenerator()
                try verifier.verify(
                    proof,
                    generators: Shared.circuits,
                    pedersen: Shared.pedersen,
                    randomness: &randomness
                )
            }
        }
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 8, 13, 33, 128]) func provesAndVerifies(n: Int) throws {
        var randomness = SystemRandomNumberGenerator()
        let circuit = Circuit(n)
        let (commitments, proof, next) = try circuit.prove(randomness: &randomness)
        let (equation, verifierNext) = try circuit.equation(commitments, proof)
        try equation.verify(generators: Shared.circuits, pedersen: Shared.pedersen)
        #expect(next == verifierNext)
        let encoded = proof.encode()
        #expect(encoded.count == ClosingProof.byteCount(gateCount: n))
        #expect(try ClosingProof(decoding: encoded, gateCount: n) == proof)
        #expect(try ClosingCommitments(decoding: commitments.encode()) == commitments)
    }

    /// The export is what dalek's verifier, and so our verifier in dalek's form, takes.
    @Test(arguments: [1, 2, 3, 8, 13, 100]) func exportVerifiesAsDalekProof(n: Int) throws {
        var randomness = SystemRandomNumberGenerator()
        let circuit = Circuit(n)
        let (commitments, proof, _) = try circuit.prove(randomness: &randomness)
        let export = proof.exportDalek(commitments: commitments)
        #expect(export[0] == 0)
        #expect(export.count == 1 + 96 + ClosingProof.byteCount(gateCount: n))
        #expect(circuit.verifyAsDalek(export) == .accepted)
        let imported = try ClosingProof.importDalek(export, gateCount: n)
        #expect(imported.commitments == commitments && imported.proof == proof)
        var changed = circuit
        changed.message = [1, 2, 4]
        #expect(changed.verifyAsDalek(export) == .rejected(.verificationError))
    }

    /// A proof made by the dalek-format prover with the constraints in its callback closes the same statement.
    @Test func dalekFormProverSatisfiesTheClosingVerifier() throws {
        var randomness = SystemRandomNumberGenerator()
        let circuit = Circuit(5)
        let prover = R1CSProver(pedersen: Shared.pedersen, transcript: Transcript(label: "closing"))
        for gate in 0..<5 { _ = try prover.allocateMultiplier((circuit.left[gate], circuit.right[gate])) }
        prover.specifyRandomizedConstraints { system in
            for constraint in circuit.constraints(circuit.challenges(&system.transcript)) {
                var combination = LinearCombination()
                for term in constraint.terms {
                    let gate = Int(term.wire) / 3
                    combination.add(
                        term.wire < 0 ? .constantOne : [.left(gate), .right(gate), .output(gate)][Int(term.wire) % 3],
                        coefficient: term.coefficient
                    )
                }
                system.constrain(combination)
            }
        }
        let encoded = try prover.prove(generators: Shared.circuits, randomness: &randomness).encode()
        let (commitments, proof) = try ClosingProof.importDalek(encoded, gateCount: 5)
        #expect(circuit.verify(commitments, proof) == .accepted)
    }

    @Test func everyChangedByteIsRejected() throws {
        var randomness = SystemRandomNumberGenerator()
        let circuit = Circuit(5)
        let (commitments, proof, _) = try circuit.prove(randomness: &randomness)
        let encoded = proof.encode()
        for position in encoded.indices {
            var changed = encoded
            changed[position] ^= UInt8(1 << (position % 8))
            let result = outcome { () throws(BulletproofError) in
                let proof = try ClosingProof(decoding: changed, gateCount: 5)
                try circuit.equation(commitments, proof).0
                    .verify(generators: Shared.circuits, pedersen: Shared.pedersen)
            }
            let element = position / 32
            let isScalar = (5..<8).contains(element) || element >= encoded.count / 32 - 2
            #expect(
                result == .rejected(.verificationError) || (isScalar && result == .rejected(.formatError)),
                "byte \(position): \(result)"
            )
        }
        let points = commitments.encode()
        for position in points.indices {
            var changed = points
            changed[position] ^= UInt8(1 << (position % 8))
            #expect(try circuit.verify(ClosingCommitments(decoding: changed), proof) == .rejected(.verificationError))
        }
    }

    @Test func identityPointsAreRefused() throws {
        var randomness = SystemRandomNumberGenerator()
        let circuit = Circuit(3)
        let (commitments, proof, _) = try circuit.prove(randomness: &randomness)
        let encoded = proof.encode()
        for element in Array(0..<5) + Array(8..<(encoded.count / 32 - 2)) {
            var changed = encoded
            changed.replaceSubrange((32 * element)..<(32 * element + 32), with: repeatElement(0, count: 32))
            #expect(
                try circuit.verify(commitments, ClosingProof(decoding: changed, gateCount: 3))
                    == .rejected(.verificationError)
            )
        }
        for index in 0..<3 {
            var points = commitments.points
            points[index] = .identity
            let changed = ClosingCommitments(input: points[0], output: points[1], blinding: points[2])
            #expect(circuit.verify(changed, proof) == .rejected(.verificationError))
        }
    }

    @Test func wrongStatementIsRejected() throws {
        var randomness = SystemRandomNumberGenerator()
        let circuit = Circuit(5)
        let (commitments, proof, _) = try circuit.prove(randomness: &randomness)
        let rejected = Outcome.rejected(.verificationError)
        #expect(circuit.verify(commitments, proof, label: "other") == rejected)
        #expect(circuit.verify(commitments, proof) { $0[0].add(constant: .one) } == rejected)
        #expect(circuit.verify(commitments, proof) { $0.swapAt(0, 1) } == rejected)
        #expect(circuit.verify(commitments, proof) { $0.removeLast() } == rejected)
        #expect(circuit.verify(commitments, proof) { $0[1].terms[0].coefficient += .one } == rejected)
        #expect(circuit.verify(commitments, proof) { $0[1].terms[0].wire += 3 } == rejected)
        #expect(
            circuit.verify(commitments, proof) { $0.append(SparseConstraint([.init(wire: 0, coefficient: .one)])) }
                == rejected
        )
        // An empty constraint at the end changes nothing; before another it shifts that one's weight.
        #expect(circuit.verify(commitments, proof) { $0.append(SparseConstraint()) } == .accepted)
        #expect(circuit.verify(commitments, proof) { $0.insert(SparseConstraint(), at: 0) } == rejected)
        var other = circuit
        other.message = [1, 2, 4]
        #expect(other.verify(commitments, proof) == rejected)
        let second = try circuit.prove(randomness: &randomness)
        #expect(circuit.verify(second.commitments, proof) == rejected)
    }

    /// A gate that does not multiply, or a wire that breaks a constraint: named by the prover's check, refused by the
    /// verifier.
    @Test func everyCorruptedWireIsRejected() throws {
        var randomness = SystemRandomNumberGenerator()
        let honest = Circuit(3)
        for wire in 0..<9 {
            var vectors = [honest.left, honest.right, honest.output]
            vectors[wire % 3][wire / 3] += .one
            let corrupted = Circuit(left: vectors[0], right: vectors[1], output: vectors[2])
            var transcript = Transcript(label: "closing")
            let prover = try ClosingProver.commit(
                left: corrupted.left,
                right: corrupted.right,
                output: corrupted.output,
                generators: Shared.circuits,
                pedersen: Shared.pedersen,
                transcript: &transcript,
                randomness: &randomness
            )
            let commitments = prover.commitments
            let constraints = honest.constraints(honest.challenges(&transcript))
            #expect(prover.firstViolation(of: constraints) == .gate(wire / 3))
            let proof = try prover.finish(constraints: constraints, transcript: &transcript)
            #expect(honest.verify(commitments, proof) == .rejected(.verificationError))
        }
        // All gates hold, but a constraint does not.
        let left = [honest.left[0] + .one, honest.left[1], honest.left[2]]
        let corrupted = Circuit(left: left, right: honest.right, output: zip(left, honest.right).map { $0 * $1 })
        var transcript = Transcript(label: "closing")
        let prover = try ClosingProver.commit(
            left: corrupted.left,
            right: corrupted.right,
            output: corrupted.output,
            generators: Shared.circuits,
            pedersen: Shared.pedersen,
            transcript: &transcript,
            randomness: &randomness
        )
        let commitments = prover.commitments
        let constraints = honest.constraints(honest.challenges(&transcript))
        #expect(prover.firstViolation(of: constraints) == .constraint(0))
        let proof = try prover.finish(constraints: constraints, transcript: &transcript)
        #expect(honest.verify(commitments, proof) == .rejected(.verificationError))
    }

    @Test func honestWitnessHasNoViolation() throws {
        var randomness = SystemRandomNumberGenerator()
        let circuit = Circuit(4)
        var transcript = Transcript(label: "closing")
        let prover = try ClosingProver.commit(
            left: circuit.left,
            right: circuit.right,
            output: circuit.output,
            generators: Shared.circuits,
            pedersen: Shared.pedersen,
            transcript: &transcript,
            randomness: &randomness
        )
        var constraints = circuit.constraints(circuit.challenges(&transcript))
        #expect(prover.firstViolation(of: constraints) == nil)
        constraints.append(SparseConstraint([.init(wire: 12, coefficient: .one)]))
        #expect(prover.firstViolation(of: constraints) == .constraint(2))
    }

    @Test func misuseIsNamed() throws {
        var randomness = SystemRandomNumberGenerator()
        var transcript = Transcript(label: "closing")
        let circuit = Circuit(3)
        func commit(_ left: [Scalar], _ right: [Scalar], capacity: Int) -> Outcome {
            outcome { () throws(BulletproofError) in
                _ = try ClosingProver.commit(
                    left: left,
                    right: right,
                    output: left,
                    generators: BulletproofGenerators(capacity: capacity),
                    pedersen: Shared.pedersen,
                    transcript: &transcript,
                    randomness: &randomness
                )
            }
        }
        #expect(commit(circuit.left, Array(circuit.right.dropLast()), capacity: 4) == .rejected(.lengthMismatch))
        #expect(commit(circuit.left, circuit.right, capacity: 3) == .rejected(.insufficientGenerators))
        #expect(commit(circuit.left, circuit.right, capacity: 4) == .accepted)

        let (commitments, proof, _) = try circuit.prove(randomness: &randomness)
        for wire in [9, 10, 1 << 40, -2, Int.min] {
            #expect(
                circuit.verify(commitments, proof) { $0[0].add(.one, wire: wire) } == .rejected(.unknownVariable)
            )
        }
        for gateCount in [-1, 1 << 25, Int.max, Int.min] {
            #expect(throws: BulletproofError.insufficientGenerators) {
                try ClosingVerifier(gateCount: gateCount, commitments: commitments, transcript: &transcript)
            }
        }
    }

    @Test func decodersAreExact() throws {
        var randomness = SystemRandomNumberGenerator()
        let circuit = Circuit(3)
        let (commitments, proof, _) = try circuit.prove(randomness: &randomness)
        let encoded = proof.encode()
        let export = proof.exportDalek(commitments: commitments)
        let format = Outcome.rejected(.formatError)
        func decode(_ bytes: [UInt8], _ gateCount: Int) -> Outcome {
            outcome { () throws(BulletproofError) in _ = try ClosingProof(decoding: bytes, gateCount: gateCount) }
        }
        func importDalek(_ bytes: [UInt8], _ gateCount: Int = 3) -> Outcome {
            outcome { () throws(BulletproofError) in _ = try ClosingProof.importDalek(bytes, gateCount: gateCount) }
        }
        for count in 0...(encoded.count + 70) where count != encoded.count {
            #expect(decode(Array((encoded + [UInt8](repeating: 0, count: 70)).prefix(count)), 3) == format)
        }
        #expect(decode(encoded, 4) == .accepted)
        #expect(decode(encoded, 2) == format)
        #expect(decode(encoded, 5) == format)
        for count in 0..<200 where count != 96 {
            #expect(throws: BulletproofError.formatError) {
                try ClosingCommitments(decoding: [UInt8](repeating: 0, count: count))
            }
        }
        #expect(importDalek(export) == .accepted)
        #expect(importDalek(export, 5) == format)
        #expect(importDalek(export + [0]) == format)
        #expect(importDalek(export.dropLast()) == format)
        // Version 1: with identities a second encoding, with other points something that dalek would let pass.
        let identities = [UInt8](repeating: 0, count: 96)
        #expect(importDalek([1] + export[1..<97] + identities + export[97...]) == format)
        #expect(importDalek([1] + export[1..<97] + commitments.encode() + export[97...]) == format)
        #expect(importDalek([1] + export.dropFirst()) == format)
        #expect(circuit.verifyAsDalek([1] + export[1..<97] + identities + export[97...]) == format)
        #expect(
            circuit.verifyAsDalek([1] + export[1..<97] + commitments.encode() + export[97...])
                == .rejected(.verificationError)
        )
    }

    /// Several closing arguments, and a range proof, in one multi-scalar multiplication.
    @Test func equationsMerge() throws {
        var randomness = SystemRandomNumberGenerator()
        var equations: [VerificationEquation] = []
        for n in [3, 8, 20] {
            let circuit = Circuit(n, seed: UInt64(n))
            let (commitments, proof, _) = try circuit.prove(randomness: &randomness)
            equations.append(try circuit.equation(commitments, proof).0)
        }
        var transcript = Transcript(label: "r")
        let range = try RangeProof.prove(
            value: 77,
            blinding: .random(using: &randomness),
            bits: 16,
            generators: Shared.circuits,
            pedersen: Shared.pedersen,
            transcript: &transcript,
            randomness: &randomness
        )
        transcript = Transcript(label: "r")
        equations.append(
            try range.proof.verificationEquation(
                commitments: [range.commitment],
                bits: 16,
                transcript: &transcript,
                randomness: &randomness
            )
        )
        func verify(_ equations: [VerificationEquation]) -> Outcome {
            var randomness = SystemRandomNumberGenerator()
            return outcome { () throws(BulletproofError) in
                try VerificationEquation.verify(
                    batch: equations,
                    generators: Shared.circuits,
                    pedersen: Shared.pedersen,
                    using: &randomness
                )
            }
        }
        #expect(verify(equations) == .accepted)
        for index in equations.indices {
            var changed = equations
            changed[index].g[0][0] += .one
            #expect(verify(changed) == .rejected(.verificationError))
        }
        // The terms, for a caller that adds its own.
        let (scalars, points) = try equations[0].terms(generators: Shared.circuits, pedersen: Shared.pedersen)
        #expect(scalars.count == points.count)
        #expect(RistrettoPoint.multiscalarMultiply(scalars, points) == .identity)
    }

    /// A stuck external generator: other wires, another transcript before the commitment, or other messages after it
    /// still give other blinding factors.
    @Test func randomnessIsHedged() throws {
        var stuck = StuckGenerator()
        func elements(_ bytes: [UInt8]) -> Set<[UInt8]> {
            Set(stride(from: 0, to: bytes.count, by: 32).map { Array(bytes[$0..<($0 + 32)]) })
        }
        let circuit = Circuit(4)
        let base = try circuit.prove(randomness: &stuck)
        let again = try circuit.prove(randomness: &stuck)
        #expect(again.commitments == base.commitments && again.proof == base.proof)

        let others = [
            try Circuit(4, seed: 2).prove(randomness: &stuck), try circuit.prove(label: "other", randomness: &stuck),
        ]
        for other in others {
            #expect(elements(other.commitments.encode()).isDisjoint(with: elements(base.commitments.encode())))
            #expect(elements(other.proof.encode()).isDisjoint(with: elements(base.proof.encode())))
        }
        var later = circuit
        later.message = [9]
        let other = try later.prove(randomness: &stuck)
        #expect(other.commitments == base.commitments)
        #expect(elements(other.proof.encode()).isDisjoint(with: elements(base.proof.encode())))
    }
}
