import Foundation
import GRDB

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
