import Foundation

/// Configuration in a JSON object.
public enum ConfigurationFile {
    /// The longest configuration file in bytes.
    public static let maximumByteCount = 1 << 16

    /// Reads and decodes the file at `path`, which belongs to root or this process's user and which nobody else can
    /// write. A key outside `keys` is an error: a misspelt option that is silently ignored would weaken the service.
    public static func load<Configuration: Decodable>(
        _ type: Configuration.Type,
        from path: String,
        keys: Set<String>
    ) throws(FileError) -> Configuration {
        let bytes = try SafeFile.read(path, maximum: maximumByteCount, privacy: .readable)
        let data = Data(bytes)
        guard let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw .malformed(path: path, reason: "not a JSON object")
        }
        if let unknown = object.keys.sorted().first(where: { !keys.contains($0) }) {
            throw .malformed(path: path, reason: "unknown option \"\(unknown)\"")
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw .malformed(path: path, reason: reason(error))
        } catch {
            throw .malformed(path: path, reason: "cannot be decoded")
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, _): return "the option \"\(key.stringValue)\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\"\(path(context))\": wrong type"
        case .dataCorrupted(let context): return "\"\(path(context))\": \(context.debugDescription)"
        @unknown default: return "cannot be decoded"
        }
    }
}
