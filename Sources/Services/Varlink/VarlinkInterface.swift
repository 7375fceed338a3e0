import Encoding

/// A parsed interface description. Calls and replies are checked against it.
public struct VarlinkInterface: Sendable {
    /// A method's parameters and results; both are structures.
    public struct Method: Sendable, Equatable {
        /// Parameters of a call, in the order of the description.
        public let input: [VarlinkType.Field]
        /// Results of a reply, in the order of the description.
        public let output: [VarlinkType.Field]
    }

    /// Where and why a description does not parse.
    public struct ParseError: Error, Equatable {
        /// From 1.
        public let line: Int
        /// In words, without the line.
        public let reason: String
    }

    /// The reverse-domain name, for example `org.semblance.Prover`.
    public let name: String
    /// The text that was parsed, as introspection serves it.
    public let description: String
    /// By name. All named types are among them.
    public let types: [String: VarlinkType]
    /// By name, without the interface's.
    public let methods: [String: Method]
    /// The parameters of each error, by its name without the interface's.
    public let errors: [String: [VarlinkType.Field]]

    /// - Throws: the first thing that is no interface definition; also a name that is declared twice, or used and not
    ///   declared.
    public init(description: String) throws(ParseError) {
        var parser = InterfaceParser(description)
        let declarations = try parser.interface()
        self.name = declarations.name
        self.description = description
        self.types = declarations.types
        self.methods = declarations.methods
        self.errors = declarations.errors
    }

    /// The path of the first member of `values` that does not fit `fields`: absent and not optional, unknown, or of
    /// another type. Nil when all fit.
    public func mismatch(of values: [String: JSON], with fields: [VarlinkType.Field]) -> String? {
        for name in values.keys.sorted() where !fields.contains(where: { $0.name == name }) {
            return name
        }
        for field in fields {
            guard let value = values[field.name] else {
                if case .optional = field.type { continue }
                return field.name
            }
            if let path = mismatch(of: value, with: field.type) {
                return path.isEmpty ? field.name : "\(field.name).\(path)"
            }
        }
        return nil
    }

    /// Nil when `value` is of `type`; else the path of the mismatch inside it, empty for the value itself.
    private func mismatch(of value: JSON, with type: VarlinkType) -> String? {
        switch (type, value) {
        case (.bool, .bool), (.int, .integer), (.float, .integer), (.float, .number), (.string, .string),
            (.object, .object), (.optional, .null):
            return nil
        case (.optional(let wrapped), _):
            return mismatch(of: value, with: wrapped)
        case (.array(let element), .array(let values)):
            for (index, value) in values.enumerated() {
                if let path = mismatch(of: value, with: element) {
                    return path.isEmpty ? "\(index)" : "\(index).\(path)"
                }
            }
            return nil
        case (.map(let element), .object(let members)):
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                if let path = mismatch(of: value, with: element) { return path.isEmpty ? key : "\(key).\(path)" }
            }
            return nil
        case (.structure(let fields), .object(let members)):
            return mismatch(of: members, with: fields)
        case (.enumeration(let names), .string(let name)):
            return names.contains(name) ? nil : ""
        case (.named(let name), _):
            guard let type = types[name] else { return "" }
            return mismatch(of: value, with: type)
        default:
            return ""
        }
    }
}

extension VarlinkInterface.ParseError: CustomStringConvertible {
    public var description: String { "line \(line): \(reason)" }
}

/// A type of the Varlink interface definition language.
public indirect enum VarlinkType: Sendable, Equatable {
    case bool
    case int
    case float
    case string
    /// Any JSON object (the `object` type).
    case object
    case array(VarlinkType)
    /// An object used as a map from strings.
    case map(VarlinkType)
    case optional(VarlinkType)
    case structure([Field])
    case enumeration([String])
    /// A type declared by name in the same interface.
    case named(String)

    /// A member of a structure.
    public struct Field: Sendable, Equatable {
        /// Unique in its structure.
        public let name: String
        /// ``VarlinkType/optional(_:)`` where the member may be left out.
        public let type: VarlinkType
    }
}

extension VarlinkInterface {
    /// `org.varlink.service`, which every service has.
    public static let service = builtIn(PackageResources.org_varlink_service_varlink)

    /// The interface whose description is built into the program, which ends where that does not parse.
    public static func builtIn(_ text: [UInt8]) -> VarlinkInterface {
        do {
            return try VarlinkInterface(description: String(decoding: text, as: UTF8.self))
        } catch {
            fatalError("a built-in interface description does not parse: line \(error.line): \(error.reason)")
        }
    }
}
