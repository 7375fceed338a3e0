import Encoding

/// What a program makes of its configuration, for whoever wrote it: `semblance config` shows it.
public struct ConfigurationReport: Sendable {
    /// What keeps the program from using it.
    public struct Fault: Equatable, Sendable {
        public let file: String
        /// A dotted path; nil where it is about the file as a whole.
        public let key: String?
        /// In words.
        public let message: String
    }

    /// A value that is in force.
    public struct Value: Equatable, Sendable {
        /// A dotted path.
        public let key: String
        public let value: JSON
        /// The file, or nil for a default.
        public let source: String?
    }

    /// What stands for a value that is not shown.
    public static let hidden = "(not shown)"

    public private(set) var files: [String] = []
    public private(set) var values: [Value] = []
    public private(set) var fault: Fault?

    /// Reads the file at `path` and its drop-ins.
    ///
    /// - Parameters:
    ///   - further: defaults that the program knows, and the type does not.
    ///   - check: what the program looks at besides when it starts.
    public init<Schema: ConfigurationSchema>(
        of type: Schema.Type,
        at path: String,
        further: [(key: String, value: JSON)] = [],
        check: (Schema) throws -> Void
    ) {
        var layers = LayeredConfiguration()
        do {
            layers = try LayeredConfiguration.read(path)
            files = layers.files
            var filled = layers
            filled.fill(Schema.defaults + further)
            values = filled.leaves.map { leaf in
                let key = leaf.path.joined(separator: ".")
                return Value(
                    key: key,
                    value: Schema.isHidden(key) ? .string(Self.hidden) : leaf.value,
                    source: leaf.source
                )
            }
            try check(ConfigurationFile.decode(type, from: layers))
        } catch {
            fault = Self.fault(error, layers, path)
        }
    }

    /// `{"files", "values": [{"key", "value", "source"}], "fault": {"file", "key", "message"}}`.
    public var json: JSON {
        func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
        return [
            "files": .array(files.map { .string($0) }),
            "values": .array(
                values.map { ["key": .string($0.key), "value": $0.value, "source": optional($0.source)] }
            ),
            "fault": fault.map {
                ["file": .string($0.file), "key": optional($0.key), "message": .string($0.message)]
            } ?? .null,
        ]
    }

    private static func fault(_ error: any Error, _ layers: LayeredConfiguration, _ path: String) -> Fault {
        switch error {
        case let error as ConfigurationFault:
            Fault(file: error.key.flatMap(layers.source) ?? path, key: error.key, message: "\(error)")
        case let error as FileError: Fault(file: error.path, key: nil, message: "\(error)")
        default: Fault(file: path, key: nil, message: "\(error)")
        }
    }
}
