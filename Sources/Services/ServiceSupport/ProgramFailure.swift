/// Why a program ends without having done its work, in words for the terminal.
public struct ProgramFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
