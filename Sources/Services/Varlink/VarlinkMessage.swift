import Encoding

/// The outer structure of a call.
struct VarlinkMessage: Equatable {
    enum Failure: Error, Equatable {
        case json(JSON.ParseError)
        case notAnObject
        case unknownMember
        case wrongType
        case missingMethod
        case conflictingFlags
    }

    var method: String
    var parameters: [String: JSON]
    var more = false
    var oneway = false
    var upgrade = false

    init(parsing text: some Collection<UInt8>, maximumDepth: Int) throws(Failure) {
        let json: JSON
        do {
            json = try JSON(parsing: text, maximumDepth: maximumDepth)
        } catch {
            throw .json(error)
        }
        guard case .object(let members) = json else { throw .notAnObject }
        guard Set(members.keys).isSubset(of: ["method", "parameters", "more", "oneway", "upgrade"]) else {
            throw .unknownMember
        }
        switch members["method"] {
        case .string(let name)?: method = name
        case nil: throw .missingMethod
        default: throw .wrongType
        }
        switch members["parameters"] {
        case nil, .null?: parameters = [:]
        case .object(let values)?: parameters = values
        default: throw .wrongType
        }
        more = try Self.flag(members["more"])
        oneway = try Self.flag(members["oneway"])
        upgrade = try Self.flag(members["upgrade"])
        guard !(more && oneway) else { throw .conflictingFlags }
    }

    private static func flag(_ value: JSON?) throws(Failure) -> Bool {
        switch value {
        case nil, .null?: return false
        case .bool(let flag)?: return flag
        default: throw .wrongType
        }
    }
}

extension VarlinkMessage.Failure: CustomStringConvertible {
    var description: String {
        switch self {
        case .json(let error): "not valid JSON: \(error)"
        case .notAnObject: "not a JSON object"
        case .unknownMember: "a member that no call has"
        case .wrongType: "a member of the wrong type"
        case .missingMethod: "no method is named"
        case .conflictingFlags: "flags that exclude each other"
        }
    }
}
