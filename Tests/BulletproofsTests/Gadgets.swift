import Ristretto255
import Transcript

@testable import Bulletproofs
@testable import BulletproofsR1CS

/// The gadgets of the dalek crate's tests, written once for prover and verifier.
enum Gadgets {
    static let shuffleLabel: StaticString = "ShuffleProofTest"
    static let rangeLabel: StaticString = "RangeProofTest"

    static func shuffleTranscript(_ k: Int, label: StaticString = shuffleLabel) -> Transcript {
        var transcript = Transcript(label: label)
        transcript.append("dom-sep", message: "ShuffleProof")
        transcript.append("k", u64: UInt64(k))
        return transcript
    }

    /// `outputs` is a permutation of `inputs`: the products of `x_i - z` and of `y_i - z` are equal at a random z.
    static func shuffle<System: RandomizableConstraintSystem>(
        _ system: System,
        inputs: [Variable],
        outputs: [Variable]
    ) {
        let k = inputs.count
        guard k > 1 else {
            system.constrain(LinearCombination(outputs[0]) - inputs[0])
            return
        }
        system.specifyRandomizedConstraints { system throws(BulletproofError) in
            let z = system.challengeScalar("shuffle challenge")
            func product(_ variables: [Variable]) -> Variable {
                func factor(_ index: Int) -> LinearCombination { LinearCombination(variables[index]) - z }
                var result = system.multiply(factor(k - 1), factor(k - 2)).output
                for index in (0..<(k - 2)).reversed() {
                    result = system.multiply(LinearCombination(result), factor(index)).output
                }
                return result
            }
            let left = product(inputs)
            let right = product(outputs)
            system.constrain(LinearCombination(left) - right)
        }
    }

    /// `value` is below `2^bits`; the prover passes the assignment.
    static func range<System: ConstraintSystem>(
        _ system: System,
        value: Variable,
        assignment: UInt64?,
        bits: Int
    ) throws(BulletproofError) {
        var rest = LinearCombination(value)
        var power = Scalar.one
        for position in 0..<bits {
            let bit = assignment.map { Scalar(($0 >> UInt64(position)) & 1) }
            let gate = try system.allocateMultiplier(bit.map { (left: .one - $0, right: $0) })
            system.constrain(LinearCombination(gate.output))
            system.constrain(LinearCombination(gate.left) + gate.right - .one)
            rest.add(gate.right, coefficient: -power)
            power += power
        }
        system.constrain(rest)
    }

    static func verifyShuffle(
        inputs: [CompressedRistretto],
        outputs: [CompressedRistretto],
        proof: [UInt8],
        generators: BulletproofGenerators,
        label: StaticString = shuffleLabel
    ) throws(BulletproofError) {
        let proof = try R1CSProof(decoding: proof)
        let verifier = R1CSVerifier(transcript: shuffleTranscript(inputs.count, label: label))
        let x = inputs.map(verifier.commit)
        let y = outputs.map(verifier.commit)
        shuffle(verifier, inputs: x, outputs: y)
        var randomness = SystemRandomNumberGenerator()
        try verifier.verify(proof, generators: generators, pedersen: Shared.pedersen, randomness: &randomness)
    }

    static func verifyRange(
        commitment: CompressedRistretto,
        bits: Int,
        proof: [UInt8],
        label: StaticString = rangeLabel
    ) throws(BulletproofError) {
        let proof = try R1CSProof(decoding: proof)
        let verifier = R1CSVerifier(transcript: Transcript(label: label))
        try range(verifier, value: verifier.commit(commitment), assignment: nil, bits: bits)
        var randomness = SystemRandomNumberGenerator()
        try verifier.verify(proof, generators: Shared.circuits, pedersen: Shared.pedersen, randomness: &randomness)
    }

    static func proveShuffle(
        inputs: [Scalar],
        outputs: [Scalar],
        generators: BulletproofGenerators,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> (inputs: [CompressedRistretto], outputs: [CompressedRistretto], proof: [UInt8]) {
        let prover = R1CSProver(pedersen: Shared.pedersen, transcript: shuffleTranscript(inputs.count))
        var x: [(commitment: CompressedRistretto, variable: Variable)] = []
        var y = x
        for value in inputs { x.append(prover.commit(value, blinding: .random(using: &randomness))) }
        for value in outputs { y.append(prover.commit(value, blinding: .random(using: &randomness))) }
        shuffle(prover, inputs: x.map(\.variable), outputs: y.map(\.variable))
        let proof = try prover.prove(generators: generators, randomness: &randomness)
        return (x.map(\.commitment), y.map(\.commitment), proof.encode())
    }

    static func proveRange(
        value: UInt64,
        bits: Int,
        randomness: inout some RandomNumberGenerator
    ) throws(BulletproofError) -> (commitment: CompressedRistretto, proof: [UInt8]) {
        let prover = R1CSProver(pedersen: Shared.pedersen, transcript: Transcript(label: rangeLabel))
        let (commitment, variable) = prover.commit(Scalar(value), blinding: .random(using: &randomness))
        try range(prover, value: variable, assignment: value, bits: bits)
        return (commitment, try prover.prove(generators: Shared.circuits, randomness: &randomness).encode())
    }
}
