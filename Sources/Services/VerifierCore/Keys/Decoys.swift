import Foundation
import GRDB
import Ristretto255
import Sodium
import Statement

/// Makes up an enrolment for a client that is not enrolled, whoever the subject is, so that a stranger cannot tell from a
/// challenge who is. Everything is a keyed hash of what was asked for: asking again gives the same.
struct DecoySource: Sendable {
    private let key: SecretBytes

    init(key: SecretBytes) {
        self.key = key
    }

    /// A pseudonym of `subject`, 32 bytes: what counters and logs use instead of the name.
    func pseudonym(of subject: String) -> [UInt8] {
        digest("subject", [subject], count: 32)
    }

    /// A pseudonym of a subject's device, 32 bytes.
    func pseudonym(of subject: String, device: [UInt8]) -> [UInt8] {
        digest("device", [subject, Hexadecimal.encode(device)], count: 32)
    }

    /// A commitment that nobody can open, and the other fields of an enrolment in which subjects differ.
    ///
    /// - Parameters:
    ///   - policy: supplies the models and labels to choose from where the request left them open.
    ///   - profiles: what is chosen from instead, where any fits.
    func enrolment(
        subject: String,
        modality: Modality?,
        label: String?,
        policy: Policy,
        profiles: [DecoyProfile] = []
    ) -> DecoyEnrolment? {
        func fitting(_ profiles: [DecoyProfile]) -> [DecoyProfile] {
            profiles.filter { modality == nil || $0.model.modality == modality }
        }
        var candidates = fitting(profiles)
        if candidates.isEmpty {
            candidates = fitting(policy.models.map { DecoyProfile(model: $0, assurance: policy.assurance) })
        }
        // What was asked does not enter, only what it leaves to choose from: two questions about one subject agree, as they
        // do about an enrolment. By rendezvous: when the policy gets another model, a decoy keeps its own or moves as by an upgrade, to another
        // commitment.
        func rank(_ profile: DecoyProfile) -> [UInt8] {
            digest("model", [subject, profile.name], count: 16)
        }
        guard let profile = candidates.max(by: { rank($0).lexicographicallyPrecedes(rank($1)) }) else { return nil }
        let choice = digest("choice", [subject, profile.model.modality.name], count: 32)
        let label = label ?? profile.label ?? policy.decoyLabels[Int(choice[1]) % policy.decoyLabels.count]
        let name = [subject, profile.model.modality.name, label, Hexadecimal.encode(profile.model.identity)]
        let point = RistrettoPoint(uniformBytes: digest("commitment", name, count: 64))
        // Most enrolments were never rotated; each further epoch is half as likely as the one before.
        let epoch = UInt64((digest("epoch", name, count: 16)[0] | 0x80).trailingZeroBitCount)
        return DecoyEnrolment(
            model: profile.model,
            label: label,
            commitment: point.compress(),
            epoch: epoch,
            assurance: profile.assurance
        )
    }

    private func digest(_ purpose: String, _ fields: [String], count: Int) -> [UInt8] {
        var message = Array(purpose.utf8)
        for field in fields {
            withUnsafeBytes(of: UInt32(clamping: field.utf8.count).littleEndian) { message.append(contentsOf: $0) }
            message.append(contentsOf: field.utf8)
        }
        return Hash.blake2b(message, count: count, key: key)
    }
}

/// What challenges about two enrolments may have in common: model, bounds, assurance, and the label.
struct DecoyProfile: Sendable {
    let model: AllowedModel
    let assurance: Assurance
    /// Nil for one of the policy's labels.
    var label: String?
    /// By what a subject's profile is chosen among others.
    let name: String

    /// One of the policy's.
    init(model: AllowedModel, assurance: Assurance) {
        self.model = model
        self.assurance = assurance
        // By the model alone: a policy with other bounds moves no decoy to another model.
        self.name = Hexadecimal.encode(model.identity)
    }

    /// The profiles of the enrolments that still serve any device (``EnrolledDevice/unbound``): of those alone strangers
    /// see challenges, so decoys must look like them, whatever today's policy says.
    static func ofUnboundEnrolments(in database: Database) throws -> [DecoyProfile] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT modality, model, dimension, threshold, minimumNorm, assurance, label FROM enrolment
                WHERE state = 'active' AND device = X'' LIMIT 256
                """
        )
        return rows.compactMap(DecoyProfile.init(row:))
    }

    private init?(row: Row) {
        func integer<Integer: FixedWidthInteger>(_ column: String, as type: Integer.Type) -> Integer? {
            row.unsealed(column, as: Int64.self).flatMap { Integer(exactly: $0) }
        }
        guard let modality = integer("modality", as: UInt8.self).flatMap(Modality.init(rawValue:)),
            let assurance = integer("assurance", as: UInt8.self).flatMap(Assurance.init(rawValue:)),
            let threshold = integer("threshold", as: UInt16.self),
            let minimumNorm = integer("minimumNorm", as: UInt32.self),
            let label: String = row.unsealed("label"),
            let model = AllowedModel(
                identity: [UInt8](row.unsealed("model") ?? Data()),
                modality: modality,
                dimension: row.unsealed("dimension") ?? 0,
                threshold: threshold,
                minimumNorm: minimumNorm
            )
        else { return nil }
        self.model = model
        self.assurance = assurance
        self.label = label
        self.name = [
            Hexadecimal.encode(model.identity), "\(model.dimension)", "\(threshold)", "\(minimumNorm)",
            assurance.name, label,
        ].joined(separator: "/")
    }
}

/// What a challenge for a client that is not enrolled pretends that the verifier has on record.
struct DecoyEnrolment: Sendable {
    let model: AllowedModel
    let label: String
    let commitment: CompressedRistretto
    let epoch: UInt64
    let assurance: Assurance
}
