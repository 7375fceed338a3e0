import Encoding
import Foundation

/// A configuration file by its keys. Numbers and switches stay; of texts only words that the programs themselves know.
struct ConfigurationOutline {
    /// Keys of the programs' own; any other may be somebody's name.
    private static let keys: Set<String> = [
        "address", "administratorTokenHash", "assurance", "audience", "auditRetentionDays", "camera", "cameraKind",
        "captureTimeoutSeconds", "cascade", "certificate", "challengeLifetimeSeconds", "concurrentVerifications",
        "database",
        "decoyLabels", "dimension", "displayManagers", "dotsPerInch", "falseMatchRate", "forwardedHeader", "http",
        "identity", "key",
        "keyFile", "limits", "localiser", "maximumBodyBytes", "maximumConnections", "maximumConnectionsPerAddress",
        "maximumConnectionsPerUID", "maximumDatabaseBytes", "maximumEnrolmentsPerSubject", "maximumProofBytes",
        "maximumRefreshes",
        "minimumNorm", "modality", "models", "name", "origins", "policy", "port", "presence", "proverUser", "proxyUser",
        "published",
        "afterBoot", "afterFailures", "afterHours", "passwordFirst", "reader", "readerRidges",
        "queuedVerifications", "refusalQuantumMilliseconds", "requestTimeoutSeconds", "requestsPerMinute", "seat",
        "secret", "selfEnrol",
        "sensorSocket", "sensorUser", "sensors", "signingKey", "socket", "threshold", "tls", "tray", "trustedProxies",
        "trustedSensorKeys", "user", "varlink", "vault", "verdict", "verifiers",
    ]
    /// Values that are choices among a few.
    private static let words: Set<String> = [
        "biometric", "colour", "face", "fingerprint", "full", "head", "infrared", "match", "none", "semblance",
        "semblance-fprintd", "semblance-sensor",
        "session", "seat0",
    ]
    /// Of these the value is the program's, or a path of it.
    private static let shownPaths: Set<String> = [
        "models", "published", "socket", "sensorSocket", "cascade", "localiser",
    ]
    /// Keys whose members are named by whoever wrote them.
    private static let namedMembers: Set<String> = ["verifiers"]

    /// Lines of `key.key: value`, or what is wrong with the file.
    static func lines(of data: Data, _ scrubber: inout ReportScrubber) -> [String] {
        do {
            let json = try JSON(file: data)
            return lines(of: json, path: "", key: "", &scrubber)
        } catch {
            return ["not readable: \(scrubber.scrubbed("\(error)"))"]
        }
    }

    private static func lines(of json: JSON, path: String, key: String, _ scrubber: inout ReportScrubber) -> [String] {
        switch json {
        case .object(let members):
            if members.isEmpty { return ["\(path): {}"] }
            var lines: [String] = []
            for name in members.keys.sorted() {
                guard let value = members[name] else { continue }
                let isOurs = keys.contains(name) && !namedMembers.contains(key)
                let shown = isOurs ? name : scrubber.standIn(for: name, kind: "name")
                lines += self.lines(
                    of: value,
                    path: path.isEmpty ? shown : "\(path).\(shown)",
                    key: isOurs ? name : "",
                    &scrubber
                )
            }
            return lines
        case .array(let values):
            if values.isEmpty { return ["\(path): []"] }
            return values.enumerated().flatMap { index, value in
                lines(of: value, path: "\(path)[\(index)]", key: key, &scrubber)
            }
        case .string(let text): return ["\(path): \(shown(text, key: key, &scrubber))"]
        default: return ["\(path): \(String(decoding: json.encode(), as: UTF8.self))"]
        }
    }

    private static func shown(_ text: String, key: String, _ scrubber: inout ReportScrubber) -> String {
        if words.contains(text) { return text }
        if key == "identity" || shownPaths.contains(key) { return scrubber.scrubbed(text) }
        return scrubber.standIn(for: text, kind: key.isEmpty ? "text" : key)
    }
}
