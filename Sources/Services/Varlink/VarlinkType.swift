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
        public let name: String
        public let type: VarlinkType
    }
}
