import ServiceSupport
import Sodium

/// What the configuration file says of one audience: a key in hexadecimal (or base64, as earlier versions wrote it), or
/// `{"key": ..., "origins": [...]}`.
public struct VerifierEntry: Decodable, Sendable {
    let key: String
    let origins: [String]

    private struct Member: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        if let key = try? decoder.singleValueContainer().decode(String.self) {
            (self.key, origins) = (key, [])
            return
        }
        let members = try decoder.container(keyedBy: Member.self)
        for member in members.allKeys where !["key", "origins"].contains(member.stringValue) {
            let context = DecodingError.Context(
                codingPath: members.codingPath + [member],
                debugDescription: "there is no such option"
            )
            throw DecodingError.dataCorrupted(context)
        }
        key = try members.decode(String.self, forKey: Member(stringValue: "key"))
        origins = try members.decodeIfPresent([String].self, forKey: Member(stringValue: "origins")) ?? []
    }

    /// The entry's meaning.
    func pin(_ audience: String) throws(ProverConfiguration.Invalid) -> VerifierPin {
        guard let bytes = Hexadecimal.decode(key) ?? Base64.decode(key), bytes.count == 32 else {
            throw .init(reason: "\"verifiers.\(audience)\": not a key of 32 bytes in hexadecimal")
        }
        var places: Set<Origin> = []
        for text in origins {
            guard let origin = Origin(text) ?? Origin(address: text) else {
                throw .init(reason: "\"verifiers.\(audience).origins\": \"\(text)\" is no origin")
            }
            places.insert(origin)
        }
        return VerifierPin(key: bytes, origins: places)
    }
}
