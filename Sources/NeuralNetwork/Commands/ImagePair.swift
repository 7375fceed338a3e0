/// Two images, of one person or not.
public struct ImagePair: Hashable, Sendable {
    public var first: String
    public var second: String
    public var isGenuine: Bool

    public init(first: String, second: String, isGenuine: Bool) {
        self.first = first
        self.second = second
        self.isGenuine = isGenuine
    }
}
