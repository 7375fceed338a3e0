import Commitments
import Multilinear
import NetworkProof
import Ristretto255
import Sodium

/// Checks the proofs that answer challenges, of every role and assurance. Total: any envelope that decodes gives a verified proof or a named failure.
///
/// It checks the proof and its signatures. Whether the challenge is this verifier's own, unexpired, unused and answers
/// the recorded template is the caller's to check (`VerifierCore`).
public struct MatchVerifier: Sendable {
    /// How far, in seconds, a sensor's clock may stand outside the challenge's validity.
    public var clockTolerance: UInt64 = 300

    public init() {}

    /// - Parameters:
    ///   - verifierKey: the key that must have signed the challenge.
    ///   - sensorKey: the key on record for this template; nil accepts any key and reports it.
    public func verify(
        _ envelope: ProofEnvelope,
        verifierKey: VerifyingKey,
        sensorKey: VerifyingKey?
    ) throws(VerificationFailure) -> VerifiedProof {
        let (proof, equations) = try check(
            Submission(envelope, verifierKey: verifierKey, sensorKey: sensorKey)
        )
        var weights = SystemRandom()
        guard Equation.hold(equations, using: &weights) else { throw .equation }
        return proof
    }

    /// An envelope and the keys that it must go with.
    public struct Submission: Sendable {
        /// Decoded, not checked.
        public let envelope: ProofEnvelope
        /// The key that must have signed the challenge.
        public let verifierKey: VerifyingKey
        /// The key on record for this template; nil accepts any key and reports it.
        public let sensorKey: VerifyingKey?

        public init(_ envelope: ProofEnvelope, verifierKey: VerifyingKey, sensorKey: VerifyingKey?) {
            self.envelope = envelope
            self.verifierKey = verifierKey
            self.sensorKey = sensorKey
        }
    }

    /// Verifies many envelopes with one multiscalar multiplication; where that fails, with some more that name the false ones.
    ///
    /// - Returns: one result for each, in order: what ``verify(_:verifierKey:sensorKey:)`` says of it alone.
    public func verify(batch: [Submission]) -> [Result<VerifiedProof, VerificationFailure>] {
        var weights = SystemRandom()
        var indices: [Int] = []
        var equations: [Equation] = []
        var results: [Result<VerifiedProof, VerificationFailure>] = []
        for (index, submission) in batch.enumerated() {
            do throws(VerificationFailure) {
                let checked = try check(submission)
                results.append(.success(checked.proof))
                indices.append(index)
                equations.append(Equation.combined(checked.equations, using: &weights))
            } catch {
                results.append(.failure(error))
            }
        }
        for failure in Equation.failures(in: equations, using: &weights) {
            results[indices[failure]] = .failure(.equation)
        }
        return results
    }

    /// Everything but the multiplication: signatures, lengths, points, and the equations that must hold.
    private func check(
        _ submission: Submission
    ) throws(VerificationFailure) -> (proof: VerifiedProof, equations: [Equation]) {
        let envelope = submission.envelope
        guard envelope.challenge.isSigned(by: submission.verifierKey) else { throw .challengeSignature }
        let attestedBy = try checkAttestations(envelope, sensorKey: submission.sensorKey)
        try checkStarts(envelope)
        let proof = VerifiedProof(
            challenge: envelope.challenge.challenge,
            verdict: attestedBy == nil ? .possession : .biometric,
            newTemplate: try newTemplate(envelope),
            sensorKey: attestedBy
        )
        var equations: [Equation] = []
        for part in envelope.parts.indices { equations += try Self.equations(envelope, part: part).all }
        return (proof, equations)
    }
}

// MARK: - Signatures and statements

extension MatchVerifier {
    /// All attestations by one key, or none at all.
    private func checkAttestations(
        _ envelope: ProofEnvelope,
        sensorKey: VerifyingKey?
    ) throws(VerificationFailure) -> [UInt8]? {
        let signedBlocks = envelope.signedBlocks
        for (index, part) in envelope.parts.enumerated() {
            guard Set(part.body.embeddingRows).count == part.body.embeddingRows.count,
                Set(signedBlocks.map { $0[index].rows.first }).count == signedBlocks.count
            else { throw .repeatedSample }
        }
        let attestations = envelope.attestations.compactMap { $0 }
        guard let first = attestations.first else { return nil }
        guard attestations.count == envelope.attestations.count,
            attestations.allSatisfy({ $0.publicKey == first.publicKey })
        else { throw .mixedAttestations }
        guard sensorKey == nil || sensorKey?.bytes == first.publicKey else { throw .sensorKey }
        let challenge = envelope.challenge.challenge
        for (index, attestation) in attestations.enumerated() {
            guard
                attestation.isValid(challenge: envelope.challenge, blocks: signedBlocks[index])
            else { throw .attestation(sample: index) }
            let earliest = challenge.issuedAt - min(challenge.issuedAt, clockTolerance)
            let latest = challenge.expiresAt.addingReportingOverflow(clockTolerance)
            guard attestation.time >= earliest, latest.overflow || attestation.time <= latest.partialValue else {
                throw .attestationTime(sample: index)
            }
        }
        return first.publicKey
    }

    /// An upgrade shows each image to both networks: where they can share its rows, they must.
    private func checkStarts(_ envelope: ProofEnvelope) throws(VerificationFailure) {
        guard envelope.parts.count == 2, let model = envelope.parts[0].model, let previous = envelope.parts[1].model,
            model.sharesStart(with: previous, at: envelope.challenge.challenge.assurance)
        else { return }
        let starts = envelope.parts.map { $0.networkProofs.map(\.startRows) }
        for (index, (new, old)) in zip(starts[0], starts[1]).enumerated() where new != old {
            throw .differentStarts(sample: index)
        }
    }

    /// C_t' of the statement, refused where it is the identity or unchanged.
    private func newTemplate(_ envelope: ProofEnvelope) throws(VerificationFailure) -> CompressedRistretto? {
        let result: CompressedRistretto
        switch envelope.challenge.challenge.role {
        case .authenticate:
            return nil
        case .reblind:
            guard let template = envelope.body.newTemplate else { throw .newTemplate }
            result = template
        case .enrol, .refresh, .upgrade:
            var sum = RistrettoPoint.identity
            for row in envelope.body.embeddingRows {
                guard let point = row.decompress() else { throw .invalidPoint(field: .embeddingRow) }
                sum = sum + point
            }
            result = sum.compress()
        }
        guard result != .identity, result != envelope.challenge.challenge.template else { throw .newTemplate }
        return result
    }
}

// MARK: - Equations

extension MatchVerifier {
    /// Replays the transcript of a part and returns the equations that it stands on.
    static func equations(
        _ envelope: ProofEnvelope,
        part index: Int = 0
    ) throws(VerificationFailure) -> MatchEquations {
        let transcript = MatchStatement(envelope, part: index).transcript()
        return try equations(envelope, part: index, transcript: transcript)
    }

    /// - Parameter transcript: has absorbed message 0.
    static func equations(
        _ envelope: ProofEnvelope,
        part index: Int,
        transcript: ProofTranscript
    ) throws(VerificationFailure) -> MatchEquations {
        let part = envelope.parts[index]
        let body = part.body
        let statement = MatchStatement(envelope, part: index)
        let points = try MatchPoints(body, template: statement.challenge.template)
        let networks = try networkEquations(envelope, part)
        guard body.embeddingRows.count == statement.shape.samples,
            body.multiplicityRows.count == statement.shape.multiplicityRowCount
        else { throw .interaction(.wrongLength) }
        do {
            var replay = try ArgumentReplay(
                statement,
                transcript: transcript,
                rows: statement.rows(embeddings: body.embeddingRows, multiplicities: body.multiplicityRows),
                messages: body.messages
            )
            let reblinding = try points.reblinding?.equation(&replay.transcript)
            return MatchEquations(
                argument: try replay.equations(points.argument, closing: body.closing),
                reblinding: reblinding,
                networks: networks
            )
        } catch { throw VerificationFailure(error) }
    }

    /// The equations of the network proofs; none at `match`.
    private static func networkEquations(
        _ envelope: ProofEnvelope,
        _ part: EnvelopePart
    ) throws(VerificationFailure) -> [ArgumentEquations] {
        let statement = envelope.challenge.challenge.statement(of: part.part)
        guard statement.assurance != .match else { return [] }
        guard let model = part.model, model.isModel(of: statement),
            let start = model.startBlock(at: statement.assurance),
            part.networkProofs.count == statement.samples, part.body.embeddingRows.count == statement.samples
        else { throw .model }
        let shape = part.networkShape(of: model, start: start)
        var equations: [ArgumentEquations] = []
        for (index, proof) in part.networkProofs.enumerated() {
            let context = NetworkContext(
                envelope.challenge,
                sample: index,
                envelope.attestations[index],
                model,
                start: start
            )
            do {
                equations.append(
                    try NetworkVerifier.equations(
                        NetworkStatement(shape, context),
                        embeddingRow: part.body.embeddingRows[index],
                        body: proof,
                        parameters: model.sharedRows
                    )
                )
            } catch { throw .network(sample: index, error) }
        }
        return equations
    }
}

/// The points of a proof, decoded once.
private struct MatchPoints {
    let argument: ArgumentPoints
    let reblinding: ReblindingClause.Points?

    init(_ body: ProofBody, template: CompressedRistretto?) throws(VerificationFailure) {
        var rows: [RistrettoPoint] = []
        for row in body.embeddingRows { rows.append(try Self.decode(row, .embeddingRow)) }
        var oldTemplate = RistrettoPoint.identity
        if let template {
            oldTemplate = try Self.decode(template, .template)
            rows.append(oldTemplate)
        }
        for row in body.multiplicityRows { rows.append(try Self.decode(row, .multiplicityRow)) }
        let opening = body.messages.opening
        let maskCommitment = try Self.decode(opening.maskCommitment, .openingCommitment)
        var folds: [(left: RistrettoPoint, right: RistrettoPoint)] = []
        for fold in opening.folds {
            folds.append((try Self.decode(fold.left, .foldingPoint), try Self.decode(fold.right, .foldingPoint)))
        }
        argument = ArgumentPoints(rows: rows, maskCommitment: maskCommitment, folds: folds)
        if let clause = body.reblinding, let newTemplate = body.newTemplate {
            reblinding = ReblindingClause.Points(
                clause: clause,
                commitment: try Self.decode(clause.commitment, .reblindCommitment),
                difference: try Self.decode(newTemplate, .newTemplate) - oldTemplate
            )
        } else {
            reblinding = nil
        }
    }

    private static func decode(
        _ point: CompressedRistretto,
        _ field: WireError.Field
    ) throws(VerificationFailure) -> RistrettoPoint {
        guard let decoded = point.decompress() else { throw .invalidPoint(field: field) }
        return decoded
    }
}
