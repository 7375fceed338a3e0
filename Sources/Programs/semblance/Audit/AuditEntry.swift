import Foundation

/// One event of the prover's or the verifier's, in one form for both.
struct AuditEntry: Encodable, Equatable {
    enum Source: String, Encodable {
        case prover, sensor, verifier
    }

    /// Microseconds since 1970-01-01 UTC.
    var microseconds: UInt64
    var source: Source
    /// What happened, in words.
    var event: String
    var subject: String?
    var modality: String?
    var label: String?
    /// The service that asked.
    var purpose: String?
    /// Why, or with what outcome.
    var reason: String?
    /// Who asked: `uid:N`, `addr:A` or `administrator`.
    var origin: String?
    /// What comes again within an hour is one event of the verifier's.
    var count: Int?
    /// Of the last occurrence.
    var lastMicroseconds: UInt64?
    /// Where it is written: `journal` or `trail`.
    var record: String
    /// Whether something is wrong, and not only refused.
    var isFault = false

    private enum CodingKeys: String, CodingKey {
        case time, source, event, subject, modality, label, purpose, reason, origin, count, lastTime, record, fault
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(Self.stamp(microseconds), forKey: .time)
        try fields.encode(source, forKey: .source)
        try fields.encode(event, forKey: .event)
        try fields.encodeIfPresent(subject, forKey: .subject)
        try fields.encodeIfPresent(modality, forKey: .modality)
        try fields.encodeIfPresent(label, forKey: .label)
        try fields.encodeIfPresent(purpose, forKey: .purpose)
        try fields.encodeIfPresent(reason, forKey: .reason)
        try fields.encodeIfPresent(origin, forKey: .origin)
        try fields.encodeIfPresent(count, forKey: .count)
        try fields.encodeIfPresent(lastMicroseconds.map(Self.stamp), forKey: .lastTime)
        try fields.encode(record, forKey: .record)
        if isFault { try fields.encode(true, forKey: .fault) }
    }

    /// UTC, to the second.
    static func stamp(_ microseconds: UInt64) -> String {
        Date(timeIntervalSince1970: TimeInterval(microseconds / 1_000_000)).formatted(.iso8601)
    }

    /// For the terminal. Columns are parted by tabs, which no field can hold.
    var line: String {
        var columns = [Self.stamp(microseconds), source.rawValue, isFault ? "FAULT: \(event)" : event]
        columns += [subject ?? "-", [modality, label].compactMap(\.self).joined(separator: "/")]
        columns += [purpose.map { "for \($0)" }, reason, origin].compactMap(\.self)
        if let count, count > 1, let last = lastMicroseconds {
            columns.append("\(count) times, last \(Self.stamp(last))")
        }
        return columns.filter { !$0.isEmpty }.map(Self.oneLine).joined(separator: "\t")
    }

    /// A field cannot begin a line or a column of its own.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" || $0 == "\t" ? "?" : $0 }))
    }
}

/// An entry of the journal, as `journalctl --output=json` has it.
extension AuditEntry {
    /// Warnings and what is worse: syslog(3).
    private static let leastFault = 4

    /// What the daemons write about people, and what is wrong with them.
    ///
    /// - Parameter isTrailShown: whether the verifier's events come from its trail, so that their twins here are left out.
    /// - Returns: nil of what is no such entry.
    init?(journal line: Data, isTrailShown: Bool) {
        guard let entry = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else { return nil }
        func field(_ name: String) -> String? { JournalField.text(entry[name]) }
        func value(_ name: String) -> String? { field("SEMBLANCE_\(name)") }
        guard let time = field("__REALTIME_TIMESTAMP").flatMap({ UInt64($0) }), time < UInt64(Int64.max),
            let source = field("_SYSTEMD_UNIT").flatMap(Self.source(ofUnit:))
        else { return nil }
        let isFault = field("PRIORITY").flatMap { Int($0) }.map { $0 <= Self.leastFault } ?? false
        let isAboutSomebody = entry.keys.contains { $0 == "SEMBLANCE_SUBJECT" || $0 == "SEMBLANCE_PEER" }
        guard isFault || isAboutSomebody, isFault || !(isTrailShown && source == .verifier) else { return nil }
        let words = JournalField.words(of: entry, message: field("MESSAGE") ?? "(no words)")
        self.init(microseconds: time, source: source, event: words, record: "journal")
        subject = value("SUBJECT")
        (modality, label, purpose) = (value("MODALITY"), value("LABEL"), value("PURPOSE"))
        reason = value("REASON") ?? value("ANSWER") ?? value("FIELD") ?? value("HINT")
        origin = value("ORIGIN") ?? value("PEER").map { "uid:\($0)" }
        self.isFault = isFault
    }

    private static func source(ofUnit unit: String) -> Source? {
        let name = unit.prefix { $0 != "." && $0 != "@" }
        return ["semblanced": Source.prover, "semblance-sensor": .sensor, "semblance-verifier": .verifier][String(name)]
    }
}

/// A line of the verifier's audit trail, as `semblance-verifier audit --json` has it.
extension AuditEntry {
    private struct Line: Decodable {
        var time: UInt64
        var lastTime: UInt64
        var count: Int
        var event: String
        var subject: String
        var modality: String?
        var label: String?
        var purpose: String?
        var reason: String?
        var origin: String
    }

    init?(trail line: Data) {
        guard let line = try? JSONDecoder().decode(Line.self, from: line), max(line.time, line.lastTime) < 1 << 40
        else {
            return nil
        }
        self.init(
            microseconds: line.time * 1_000_000,
            source: .verifier,
            event: line.event,
            subject: line.subject.isEmpty ? nil : line.subject,
            modality: line.modality,
            label: line.label,
            purpose: line.purpose,
            reason: line.reason,
            origin: line.origin,
            count: line.count,
            lastMicroseconds: line.lastTime * 1_000_000,
            record: "trail"
        )
    }
}
