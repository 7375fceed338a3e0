import Commitments
import Encoding
import Models
import NetworkProof
import Ristretto255
import Sodium
import Statement

/// A match proof and, at `head` and `full`, the network proofs of its samples.
struct EnvelopePart: Sendable {
    let part: StatementPart
    /// The registered model that this part speaks of; nil at `match`, which needs none.
    let model: PublishedModel?
    /// One per sample at `head` and `full`.
    var networkProofs: [NetworkProofBody]
    var body: ProofBody
    /// What the network proofs were read by.
    private var shapeRead: NetworkShape?

    init(part: StatementPart, model: PublishedModel?, networkProofs: [NetworkProofBody], body: ProofBody) {
        self.part = part
        self.model = model
        self.networkProofs = networkProofs
        self.body = body
    }

    func write(to writer: inout WireWriter) {
        for proof in networkProofs { proof.write(to: &writer) }
        body.write(to: &writer)
    }

    /// The registered model of a part's statement; nil at `match`.
    static func model(
        of statement: Challenge,
        in registry: (_ identity: [UInt8]) -> PublishedModel?
    ) throws(WireError) -> PublishedModel? {
        guard statement.assurance != .match else { return nil }
        guard let known = registry(statement.model) else { throw .unknownValue(field: .model) }
        guard known.startBlock(at: statement.assurance) != nil else { throw .unknownValue(field: .assurance) }
        guard known.isModel(of: statement) else { throw .outOfRange(field: .model) }
        return known
    }

    /// - Parameters:
    ///   - challenge: the envelope's.
    ///   - model: see ``model(of:in:)``.
    init(
        reading reader: inout WireReader,
        part: StatementPart,
        challenge: Challenge,
        model: PublishedModel?
    ) throws(WireError) {
        self.part = part
        self.model = model
        let statement = challenge.statement(of: part)
        networkProofs = []
        if let model, let start = model.startBlock(at: statement.assurance) {
            let shape = NetworkShape(model.description, start: start)
            shapeRead = shape
            for _ in 0..<statement.samples {
                networkProofs.append(try NetworkProofBody(reading: &reader, shape: shape))
            }
        }
        body = try ProofBody(reading: &reader, shape: MatchShape(statement), role: statement.role)
    }

    /// The layout of a run of `model` from block `start` on: that which the proofs were read by, so that it is made once.
    func networkShape(of model: PublishedModel, start: Int) -> NetworkShape {
        if let shapeRead, shapeRead.start == start { return shapeRead }
        return NetworkShape(model.description, start: start)
    }

    /// What the sensor signs of each sample.
    func signedBlocks(_ challenge: Challenge) -> [SensorAttestation.Block] {
        let statement = challenge.statement(of: part)
        guard let model, let start = model.startBlock(at: statement.assurance) else {
            return body.embeddingRows.map { row in
                SensorAttestation.Block(
                    shape: TensorShape(channels: 1, height: 1, width: statement.dimension),
                    rows: [row]
                )
            }
        }
        return networkProofs.map { proof in
            SensorAttestation.Block(shape: model.description.shape(ofBlock: start), rows: proof.startRows)
        }
    }

    /// SHA-256 of each network proof's encoding.
    var networkDigests: [[UInt8]] { networkProofs.map { Hash.sha256($0.encode()) } }
}

extension NetworkContext {
    package init(
        _ challenge: SignedChallenge,
        sample: Int,
        _ attestation: SensorAttestation?,
        _ model: PublishedModel,
        start: Int
    ) {
        self.init(
            challenge: challenge.bytes,
            attestation: attestation?.encode() ?? [],
            model: model.identity,
            sample: sample,
            start: start
        )
    }
}

/// What the prover makes one part of an envelope from.
struct PartInput: Sendable {
    let part: StatementPart
    let samples: [CommittedSample]
    var template: TemplateOpening?
    let model: ProvingModel?

    /// Throws where the samples cannot meet the part's statement.
    func check(_ challenge: Challenge) throws(ProverError) {
        let statement = challenge.statement(of: part)
        guard samples.count == statement.samples,
            samples.allSatisfy({ $0.opening.values.count == statement.dimension })
        else { throw .wrongSamples }
        guard template?.commitment == statement.template,
            template.map({ $0.values.count == statement.dimension }) ?? true
        else { throw .wrongTemplate }
        guard
            MatchWitness.satisfies(
                statement,
                shape: MatchShape(statement),
                samples: samples.map(\.opening),
                template: template
            )
        else { throw .noMatch }
    }
}
