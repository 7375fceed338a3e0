import Commitments
import Multilinear
import Ristretto255
import Statement
import Transcript

/// The extra clause of a re-blinding, a proof of knowledge of the logarithm of `C_t' - C_t` to H (Schnorr):
/// `z H = A + c (C_t' - C_t)`.
struct ReblindingClause: Sendable {
    /// A.
    var commitment: CompressedRistretto
    /// z.
    var response: Scalar

    init(commitment: CompressedRistretto, response: Scalar) {
        self.commitment = commitment
        self.response = response
    }

    /// - Parameters:
    ///   - shift: the logarithm.
    ///   - nonce: fresh for each proof; `commitment` is its multiple of H.
    init(
        shift: Scalar,
        nonce: Scalar,
        commitment: CompressedRistretto,
        transcript: inout ProofTranscript
    ) throws(ArgumentError) {
        self.commitment = commitment
        transcript.append(.reblindCommitment, point: commitment)
        do {
            response = nonce + (try transcript.challenge(.reblindChallenge)) * shift
        } catch { throw .interaction(error) }
        transcript.append(.reblindResponse, scalar: response)
    }

    /// c, once more; absorbs the clause.
    func challenge(_ transcript: inout ProofTranscript) throws(ArgumentError) -> Scalar {
        transcript.append(.reblindCommitment, point: commitment)
        let challenge: Scalar
        do { challenge = try transcript.challenge(.reblindChallenge) } catch { throw .interaction(error) }
        transcript.append(.reblindResponse, scalar: response)
        return challenge
    }

    /// A clause with its points decoded.
    struct Points {
        let clause: ReblindingClause
        /// A.
        let commitment: RistrettoPoint
        /// `C_t' - C_t`.
        let difference: RistrettoPoint

        /// What the clause claims: `z H - A - c (C_t' - C_t) = 0`.
        func equation(_ transcript: inout ProofTranscript) throws(ArgumentError) -> Equation {
            let challenge = try clause.challenge(&transcript)
            var equation = Equation()
            equation.add([clause.response], of: .rowBases)
            equation.add(-Scalar.one, commitment)
            equation.add(-challenge, difference)
            return equation
        }
    }
}

extension HedgedRandomness {
    /// The difference between a template's old and new blinder.
    static func reblindingShift(
        of template: TemplateOpening,
        challenge: SignedChallenge,
        using system: inout some RandomNumberGenerator
    ) -> Scalar {
        var transcript = Transcript(label: "semblance reblinding shift v1")
        transcript.append("challenge", bytes: challenge.bytes)
        var builder = transcript.randomnessBuilder()
        template.blinder.withBytes { builder.rekey("blinder", rawBytes: $0) }
        return builder.finalize(using: &system).scalar()
    }
}
