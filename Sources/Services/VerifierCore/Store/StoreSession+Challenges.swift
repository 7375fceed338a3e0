import Foundation
import GRDB
import Sodium

/// An unanswered challenge is nowhere in the database: what is kept is which ones were used up, until they could not
/// be answered any more anyway.
extension StoreSession {
    /// How long a used-up nonce is kept beyond its challenge's expiry, in seconds, so that the log can say what became
    /// of it.
    static let nonceRetention: UInt64 = 600

    func isConsumed(_ nonce: [UInt8]) throws -> Bool {
        try Int.fetchOne(
            database,
            sql: "SELECT 1 FROM consumedNonce WHERE nonce = ?",
            arguments: [Data(nonce)]
        ) != nil
    }

    /// Uses a challenge up, for good.
    ///
    /// - Returns: whether it had not been used up before.
    @discardableResult
    func consume(_ nonce: [UInt8], expires: UInt64) throws -> Bool {
        try database.execute(
            sql: "INSERT INTO consumedNonce (nonce, expires) VALUES (?, ?) ON CONFLICT DO NOTHING",
            arguments: [Data(nonce), Int64(clamping: expires)]
        )
        return database.changesCount == 1
    }
}

extension StoreSession {
    /// How many challenges one enrolment token is good for: samples may turn out poor.
    static let challengesPerToken = 10

    /// Keeps the hash of a new enrolment token.
    func insertToken(hash: [UInt8], subject: String, expires: UInt64) throws {
        try Schema.tokens.insert(
            [Data(hash), subject, Int64(clamping: now.unixSeconds), Int64(clamping: expires), 0],
            into: database,
            seal: seal
        )
    }

    /// Counts one challenge under an enrolment token.
    ///
    /// - Returns: the token's id; nil if there is no such token for this subject, or if it is used up.
    func useToken(hash: [UInt8], subject: String) throws -> Int64? {
        guard var row = try usableToken(hash: hash, subject: subject),
            let index = row.table.columns.firstIndex(of: "uses")
        else { return nil }
        row.values[index] = (try row.integer("uses", as: Int.self) + 1).databaseValue
        try Schema.tokens.update(row, in: database, seal: seal)
        return row.id
    }

    /// The token's row; nil if there is no such token for this subject, or if it is used up.
    func usableToken(hash: [UInt8], subject: String) throws -> SealedRow? {
        let condition = "hash = ? AND expires > ?"
        let arguments: [(any DatabaseValueConvertible)?] = [Data(hash), Int64(clamping: now.unixSeconds)]
        guard let row = try Schema.tokens.row(where: condition, arguments, in: database, seal: seal),
            constantTimeEqual(Array(try row.value("subject", as: String.self).utf8), Array(subject.utf8)),
            try row.integer("uses", as: Int.self) < Self.challengesPerToken
        else { return nil }
        return row
    }

    /// Uses a token up.
    ///
    /// - Returns: whether it was still there.
    func consumeToken(id: Int64, subject: String) throws -> Bool {
        try Schema.tokens.delete(
            where: "id = ? AND subject = ? AND expires > ?",
            [id, subject, Int64(clamping: now.unixSeconds)],
            in: database
        ) == 1
    }
}
