/// The sockets that the service manager passed, to be taken by the names that the units give them.
public struct PassedSockets: Sendable {
    /// Why the sockets that were passed are not the ones that are served.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// More than one socket has this name.
        case repeated(name: String)
        /// These names are not served.
        case unserved(names: [String], expected: [String])

        public var description: String {
            switch self {
            case .repeated(let name):
                return "the service manager passed more than one socket called '\(name)'"
            case .unserved(let names, let expected):
                let quoted = names.map { "'\($0)'" }.joined(separator: ", ")
                let known = expected.map { "'\($0)'" }.joined(separator: " and ")
                return "the service manager passed a socket called \(quoted); "
                    + "this program serves \(known) (FileDescriptorName=)"
            }
        }
    }

    private let descriptors: [String: Int32]

    /// - Parameters:
    ///   - names: what this program serves, as `FileDescriptorName=` of its units says. A single socket of another
    ///     name, or of none, is taken for the first of them.
    /// - Throws: when there is a socket that nobody would serve: its clients would wait for ever.
    public init(_ sockets: [SocketActivation.Socket], names: [String]) throws(Failure) {
        if sockets.count == 1, let only = sockets.first, let first = names.first, !names.contains(only.name) {
            self.descriptors = [first: only.descriptor]
            return
        }
        var descriptors: [String: Int32] = [:]
        for socket in sockets {
            guard descriptors.updateValue(socket.descriptor, forKey: socket.name) == nil else {
                throw .repeated(name: socket.name)
            }
        }
        let strangers = descriptors.keys.filter { !names.contains($0) }.sorted()
        guard strangers.isEmpty else { throw .unserved(names: strangers, expected: names) }
        self.descriptors = descriptors
    }

    public var isEmpty: Bool { descriptors.isEmpty }

    /// The descriptor of the socket called `name`; nil if none was passed.
    public subscript(name: String) -> Int32? { descriptors[name] }
}
