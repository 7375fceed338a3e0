/// Why a PAM configuration is not understood, or not changed. Descriptions are for people.
public enum PamTrouble: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(String)
    case tooDeep(String)
    case unreadable(String)
    /// Where services are configured, in words.
    case folder(String)
    /// A line (from 1) that pam.d(5) does not allow, or that this parser does not know.
    case line(Int, of: String, reason: String)
    /// The stack is understood, and is not one that can be changed without harm.
    case refused(String)

    public var description: String {
        switch self {
        case .missing(let name): "there is no PAM configuration '\(name)'"
        case .tooDeep(let name): "the PAM configuration '\(name)' includes itself"
        case .unreadable(let path): "\(path) cannot be read, or is no text of at most \(PamFile.longestFile) bytes"
        case .line(let number, let file, let reason): "line \(number) of \(file): \(reason)"
        case .folder(let reason), .refused(let reason): reason
        }
    }
}
