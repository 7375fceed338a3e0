import Foundation
import Models
import Ristretto255
import Sodium
import Testing
import Transcript

@testable import MatchProof

/// `Fixtures/vectors`: proofs of every role and assurance that other implementations are held to, and so is this one.
/// `SEMBLANCE_WRITE_VECTORS=1` makes the files anew; `docs/reference-verifier/vectors.py --write` then adds the transcripts.
@Suite struct VectorTests {
    /// Made again, every byte is what it was: with the randomness, the prover is a function.
    @Test(arguments: VectorCase.all)
    func isMadeAgain(_ vector: VectorCase) throws {
        let made = try VectorMaker.make(vector)
        let models = try (vector.role == .upgrade ? [0, 1] : [0]).map {
            try VectorCase.model(vector.modality, $0).published
        }
        let description = VectorDescription(vector, made, models: vector.assurance == .match ? [] : models)
        if ProcessInfo.processInfo.environment["SEMBLANCE_WRITE_VECTORS"] == "1" {
            for model in models where vector.assurance != .match {
                try VectorFiles.write(model.encode(), to: VectorFiles.modelName(model))
            }
            try VectorFiles.write(made.output.envelope, to: "\(vector.name).proof")
            try VectorFiles.write(description.encode(), to: "\(vector.name).json")
        }
        #expect(try VectorFiles.read("\(vector.name).proof") == made.output.envelope)
        #expect(try VectorFiles.description(vector.name) == description)
        for model in models where vector.assurance != .match {
            #expect(try VectorFiles.read(VectorFiles.modelName(model)) == model.encode())
        }
    }

    /// From the files alone.
    @Test(arguments: VectorCase.all)
    func isAccepted(_ vector: VectorCase) throws {
        let description = try VectorFiles.description(vector.name)
        let models = try VectorFiles.models(of: description)
        let bytes = try VectorFiles.read(description.envelope)
        let verified = try verify(bytes, description, models)
        #expect(verified.verdict.rawValue == description.verdict)
        #expect(verified.newTemplate.map { Hexadecimal.encode($0.bytes) } == description.newTemplate)
        #expect(verified.challenge.role == vector.role && verified.challenge.assurance == vector.assurance)
        #expect(Hexadecimal.encode(bytes).contains(description.signedChallenge))
    }

    /// One bit, at places all through the file.
    @Test(arguments: VectorCase.all)
    func isRefusedWhenAltered(_ vector: VectorCase) throws {
        let description = try VectorFiles.description(vector.name)
        let models = try VectorFiles.models(of: description)
        let bytes = try VectorFiles.read(description.envelope)
        for offset in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 24)) + [bytes.count - 1] {
            var altered = bytes
            altered[offset] ^= 2
            #expect(throws: (any Error).self, "\(offset)") { try verify(altered, description, models) }
        }
    }

    /// Every message and challenge of the transcripts, in order: the verifier that was written from the text noted them, and
    /// this Merlin draws the same. That our own verifier draws them too, the proof shows that it accepts.
    @Test(arguments: VectorCase.all)
    func drawsTheSameChallenges(_ vector: VectorCase) throws {
        let bytes = try VectorFiles.read("\(vector.name).proof")
        let transcripts = try VectorFiles.transcripts(vector.name)
        let networks = vector.assurance == .match ? 0 : vector.samples
        #expect(transcripts.count == (networks + 1) * (vector.role == .upgrade ? 2 : 1))
        for noted in transcripts {
            var transcript = try #require(Self.begin(noted.label))
            var drawn = 0
            for step in noted.steps {
                let label = try #require(Self.label(step.label), "\(step.label)")
                switch step.action {
                case .append(let message): transcript.append(label, bytes: message.bytes(in: bytes))
                case .challenge(let scalar):
                    #expect(transcript.challengeScalar(label).bytes == scalar, "\(step.label) \(drawn)")
                    drawn += 1
                }
            }
            #expect(drawn > 40)
        }
    }

    private func verify(
        _ bytes: [UInt8],
        _ description: VectorDescription,
        _ models: [PublishedModel]
    ) throws -> VerifiedProof {
        let envelope = try ProofEnvelope(decoding: bytes) { identity in models.first { $0.identity == identity } }
        return try MatchVerifier().verify(
            envelope,
            verifierKey: try Self.key(description.verifierKey),
            sensorKey: try description.sensorKey.map(Self.key)
        )
    }

    private static func key(_ text: String) throws -> VerifyingKey {
        let bytes = try #require(Hexadecimal.decode(text))
        return try #require(VerifyingKey(bytes))
    }

    private static func begin(_ label: String) -> Transcript? {
        switch label {
        case "semblance match v1": Transcript(label: "semblance match v1")
        case "semblance network v1": Transcript(label: "semblance network v1")
        default: nil
        }
    }

    /// A transcript takes labels that are known when it is compiled.
    private static func label(_ text: String) -> StaticString? { labels.first { "\($0)" == text } }

    private static let labels: [StaticString] = [
        // docs/protocol.md
        "suite", "challenge", "attestation", "new template", "network", "part", "model", "sample", "row", "alpha",
        "beta",
        "root", "lambda", "tree round", "rho", "tree leaf", "tau", "layer value", "layer round", "layer rho",
        "layer factor",
        "mu", "match round", "match rho", "match evaluation", "gamma", "opening round", "opening rho", "D", "k", "s",
        "omega",
        "U", "fold L", "fold R", "fold", "folded vector", "reblind A", "reblind c", "reblind z",
        // docs/bulletproofs.md
        "dom-sep", "m", "n", "A_I1", "A_O1", "S1", "A_I2", "A_O2", "S2", "y", "z", "T_1", "T_3", "T_4", "T_5", "T_6",
        "u", "x",
        "t_x", "t_x_blinding", "e_blinding", "w", "L", "R",
    ]
}
