import Foundation
import GRDB
import MatchProof

extension StoreSession {
    func insert(_ challenge: ChallengeRecord) throws {
        try Schema.challenges.insert(challenge.values, into: database, seal: seal)
    }

    func challenge(nonce: [UInt8]) throws -> ChallengeRecord? {
        try Schema.challenges.row(where: "nonce = ?", [Data(nonce)], in: database, seal: seal)
            .map(ChallengeRecord.init(row:))
    }

    /// Marks a challenge as used, for good.
    func consume(_ challenge: ChallengeRecord) throws {
        var challenge = challenge
        challenge.consumed = true
        let row = SealedRow(
            table: Schema.challenges,
            id: challenge.id,
            values: challenge.values.map { $0?.databaseValue ?? .null }
        )
        try Schema.challenges.update(row, in: database, seal: seal)
    }

    /// Drops every challenge about an enrolment whose epoch has ended.
    func dropChallenges(enrolment: Int64, except kept: ChallengeRecord? = nil) throws {
        try Schema.challenges.delete(where: "enrolment = ? AND id <> ?", [enrolment, kept?.id ?? -1], in: database)
    }

    /// Unanswered challenges of the same kind of binding: what remote clients ask for does not keep local ones out.
    func outstandingChallenges(like binding: Binding) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT COUNT(*) FROM challenge WHERE expires > ? AND consumed = 0 AND binding = ?",
            arguments: [Int64(clamping: now.unixSeconds), binding.kind]
        ) ?? 0
    }

    func outstandingEnrolments(subjectPseudonym: [UInt8]) throws -> Int {
        try Int.fetchOne(
            database,
            sql: """
                SELECT COUNT(*) FROM challenge WHERE subjectPseudonym = ? AND role = ? AND consumed = 0 AND expires > ?
                """,
            arguments: [Data(subjectPseudonym), Int(Role.enrol.rawValue), Int64(clamping: now.unixSeconds)]
        ) ?? 0
    }
}
