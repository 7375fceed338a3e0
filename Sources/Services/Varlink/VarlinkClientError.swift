/// Why a call gave no result.
public enum VarlinkClientError: Error, Equatable, Sendable {
    /// Somebody who is not trusted could replace the socket at this path; the reason is in words.
    case unsafePath(String, reason: String)
    /// The connection was refused or the socket does not exist.
    case cannotConnect(String)
    /// The process that listens runs as a user who is not trusted.
    case untrustedPeer(uid: UInt32)
    /// The service answered with an error.
    case reply(VarlinkError)
    /// The service hung up before it answered.
    case closed
    /// No answer in time.
    case timedOut
    /// The task was cancelled; the connection is closed, so that the service stops as well.
    case cancelled
    /// The answer is not a Varlink reply or is too long.
    case malformedReply
    /// Another call on this connection is in progress.
    case busy
}

extension VarlinkClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unsafePath(let path, let reason): "the socket \(path) is not safe to use: \(reason)"
        case .cannotConnect(let reason): "cannot connect: \(reason)"
        case .untrustedPeer(let uid): "the process behind the socket runs as user \(uid), who is not trusted"
        case .reply(let error): "\(error)"
        case .closed: "the service hung up before it answered"
        case .timedOut: "the service did not answer in time"
        case .cancelled: "interrupted"
        case .malformedReply: "the service gave an answer that makes no sense"
        case .busy: "another call on this connection is in progress"
        }
    }
}
