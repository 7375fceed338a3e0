import Bulletproofs
import Commitments
import Multilinear
import NetworkProof
import Ristretto255
import Sodium

/// Checks `match` proofs. Total: any envelope that decodes gives a verified proof or a named failure.
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
        guard envelope.challenge.isSigned(by: verifierKey) else { throw .challengeSignature }
        let attestedBy = try checkAttestations(envelope, sensorKey: sensorKey)
        try checkStarts(envelope)
        let newTemplate = try newTemplate(envelope)
        for index in envelope.parts.indices {
            let equations = try Self.equations(envelope, part: index)
            var weights = SystemRandom()
            guard equations.hold(using: &weights) else { throw .equation }
        }
        return VerifiedProof(
            challenge: envelope.challenge.challenge,
            verdict: attestedBy == nil ? .possession : .biometric,
            newTemplate: newTemplate,
            sensorKey: attestedBy
        )
    }

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

    /// Replays the transcript and returns the group equations that the proof stands on.
    static func equations(
        _ envelope: ProofEnvelope,
        part index: Int = 0,
        experiment: VerifierExperiment = VerifierExperiment()
    ) throws(VerificationFailure) -> MatchEquations {
        let part = envelope.parts[index]
        let statement = envelope.challenge.challenge.statement(of: part.part)
        let body = part.body
        let shape = MatchShape(statement)
        let generators = RowGenerators.forWidth(shape.columnCount)
        let decoded = try DecodedPoints(body, template: statement.template)
        let networks = try networkEquations(envelope, part)

        var transcript = MatchTranscript.open(
            challenge: envelope.challenge,
            attestations: envelope.attestations,
            newTemplate: body.newTemplate,
            networkDigests: part.networkDigests,
            part: part.part,
            partDigest: ProofEnvelope.partDigest(envelope.parts.map(\.body.embeddingRows)),
            modifying: experiment.modifyTranscript
        )
        MatchTranscript.absorb(
            embeddings: body.embeddingRows,
            template: statement.template,
            multiplicities: body.multiplicityRows,
            into: &transcript
        )
        let closing: ClosingVerifier
        do {
            closing = try ClosingVerifier(
                gateCount: shape.gateCount,
                commitments: body.closingCommitments,
                transcript: &transcript.merlin
            )
        } catch { throw .closing }

        var channel = VerifierChannel(transcript: transcript, scalars: body.maskedScalars)
        var constraints = experiment.constraints
        let opening: GroupEquation
        var reblinding: GroupEquation?
        do {
            let transcription = try MatchConstraints.build(
                shape: shape,
                challenge: statement,
                opening: body.opening,
                channel: &channel,
                constraints: &constraints
            )
            try channel.finish()
            opening = OpeningVerifier.groupEquation(
                shape.opening,
                transcription,
                proof: body.opening,
                rows: decoded.rows,
                maskCommitment: decoded.maskCommitment,
                folds: decoded.folds,
                generators: generators
            )
            if let clause = body.reblinding, let points = decoded.reblinding {
                channel.transcript.append(.reblindCommitment, point: clause.commitment)
                let challenge = try channel.transcript.challenge(.reblindChallenge)
                channel.transcript.append(.reblindResponse, scalar: clause.response)
                var equation = GroupEquation()
                equation.add(clause.response, generators.blinding)
                equation.add(-Scalar.one, points.commitment)
                equation.add(-challenge, points.newTemplate)
                equation.add(challenge, points.oldTemplate)
                reblinding = equation
            }
        } catch { throw .interaction }

        do {
            var weights = SystemRandom()
            let closingEquation = try closing.verificationEquation(
                constraints: constraints.sparse,
                proof: body.closing,
                transcript: &channel.transcript.merlin,
                randomness: &weights
            )
            return MatchEquations(
                opening: opening,
                reblinding: reblinding,
                closing: closingEquation,
                closingGenerators: ClosingGenerators.forGates(shape.gateCount),
                networks: networks
            )
        } catch { throw .closing }
    }

    /// The equations of the network proofs; none at `match`.
    private static func networkEquations(
        _ envelope: ProofEnvelope,
        _ part: EnvelopePart
    ) throws(VerificationFailure) -> [NetworkEquations] {
        let statement = envelope.challenge.challenge.statement(of: part.part)
        guard statement.assurance != .match else { return [] }
        guard let model = part.model, model.isModel(of: statement),
            let start = model.startBlock(at: statement.assurance),
            part.networkProofs.count == statement.samples
        else { throw .model }
        let shape = NetworkShape(model.description, start: start)
        var equations: [NetworkEquations] = []
        for (index, proof) in part.networkProofs.enumerated() {
            do {
                equations.append(
                    try NetworkVerifier.equations(
                        shape,
                        NetworkContext(
                            envelope.challenge,
                            sample: index,
                            envelope.attestations[index],
                            model,
                            start: start
                        ),
                        embeddingRow: part.body.embeddingRows[index],
                        body: proof,
                        parameterPoints: model.parameterPoints
                    )
                )
            } catch { throw .network(sample: index, error) }
        }
        return equations
    }
}

/// The points of a proof, decoded once.
private struct DecodedPoints {
    let rows: [RistrettoPoint]
    let maskCommitment: RistrettoPoint
    let folds: [(left: RistrettoPoint, right: RistrettoPoint)]
    let reblinding: (commitment: RistrettoPoint, newTemplate: RistrettoPoint, oldTemplate: RistrettoPoint)?

    init(_ body: ProofBody, template: CompressedRistretto?) throws(VerificationFailure) {
        func decode(_ point: CompressedRistretto, _ field: WireError.Field) throws(VerificationFailure)
            -> RistrettoPoint
        {
            guard let decoded = point.decompress() else { throw .invalidPoint(field: field) }
            return decoded
        }
        var rows: [RistrettoPoint] = []
        for row in body.embeddingRows { rows.append(try decode(row, .embeddingRow)) }
        var oldTemplate = RistrettoPoint.identity
        if let template {
            oldTemplate = try decode(template, .template)
            rows.append(oldTemplate)
        }
        for row in body.multiplicityRows { rows.append(try decode(row, .multiplicityRow)) }
        self.rows = rows
        maskCommitment = try decode(body.opening.maskCommitment, .openingCommitment)
        var folds: [(left: RistrettoPoint, right: RistrettoPoint)] = []
        for fold in body.opening.folds {
            folds.append((try decode(fold.left, .foldingPoint), try decode(fold.right, .foldingPoint)))
        }
        self.folds = folds
        if let clause = body.reblinding, let newTemplate = body.newTemplate {
            reblinding = (
                try decode(clause.commitment, .reblindCommitment),
                try decode(newTemplate, .newTemplate),
                oldTemplate
            )
        } else {
            reblinding = nil
        }
    }
}
