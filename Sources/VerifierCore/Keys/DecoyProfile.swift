import Foundation
import GRDB
import MatchProof
import Sodium

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
            (row[column] as Int64?).flatMap { Integer(exactly: $0) }
        }
        guard let modality = integer("modality", as: UInt8.self).flatMap(Modality.init(rawValue:)),
            let assurance = integer("assurance", as: UInt8.self).flatMap(Assurance.init(rawValue:)),
            let threshold = integer("threshold", as: UInt16.self),
            let minimumNorm = integer("minimumNorm", as: UInt32.self),
            let label = row["label"] as String?,
            let model = AllowedModel(
                identity: [UInt8](row["model"] as Data? ?? Data()),
                modality: modality,
                dimension: row["dimension"] as Int? ?? 0,
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
