import Foundation
import Interfaces
import Models
import Varlink

/// An error for the user: what is wrong, what to do about it, and the exit code.
struct CommandFailure: Error, Equatable {
    let status: ExitStatus
    /// Lower case, no final period.
    let message: String
    let hint: String?

    init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }

    /// Any other error, in its own words.
    init(unforeseen error: any Error) {
        switch error {
        case let error as VarlinkError: self.init(.unavailable, "a service's answer lacks something: \(error)")
        case let error as any CustomStringConvertible where !(error is NSError): self.init(.failure, "\(error)")
        default: self.init(.failure, (error as NSError).localizedDescription)
        }
    }

    static let noMatch = CommandFailure(.refused, "no match")

    static let nothingToUpgrade = CommandFailure(
        .enrolment,
        "there is no model to upgrade to",
        hint: "the template is of the verifier's newest model already; '--refresh' renews it"
    )
}

extension CommandFailure {
    /// The words for an error of a Varlink service.
    ///
    /// - Parameter service: the program that answered or should have, for example `semblanced`.
    init(_ error: VarlinkClientError, service: String, path: String) {
        switch error {
        case .reply(let reply):
            self.init(reply: reply, service: service)
        case .unsafePath(let path, let reason):
            self.init(
                .unavailable,
                "the socket \(path) is not safe to use: \(reason)",
                hint: "its directories and the socket must belong to root or to \(service)'s user"
            )
        case .cannotConnect:
            self.init(
                .unavailable,
                "cannot connect to \(service) at \(path)",
                hint: "is it running? try 'systemctl status \(service)' or 'semblance doctor'"
            )
        case .untrustedPeer(let uid):
            self.init(
                .unavailable,
                "the process behind \(path) runs as user \(uid), not as \(service)'s user or root",
                hint: "somebody may be impersonating \(service); do not go on"
            )
        case .timedOut:
            self.init(.unavailable, "\(service) did not answer in time")
        case .closed:
            self.init(
                .unavailable,
                "\(service) hung up before it answered",
                hint: "see its log: journalctl -u \(service)"
            )
        case .cancelled:
            self.init(.failure, "interrupted")
        case .malformedReply, .busy:
            self.init(.unavailable, "\(service) gave an answer that makes no sense")
        }
    }
}

extension CommandFailure {
    /// What is wrong with a model's file: that it cannot be read, or what is in it.
    init(unusableModel path: String, _ error: ModelError) {
        switch error {
        case .unreadable, .notAFile: self.init(.badInput, "\(error)")
        default: self.init(.badInput, "\(path) is not a usable model: \(error)")
        }
    }
}

/// The exit codes of `semblance`, and by their names the codes of `--json`. They are a contract: scripts and tests rely on
/// them (semblance(1)).
enum ExitStatus: Int32 {
    case success = 0
    /// The sample does not match, or the verifier refused.
    case refused = 1
    /// The user has no such enrolment, or already has it.
    case enrolment = 3
    /// Too many failures; wait or use another way in.
    case lockedOut = 4
    /// A daemon is not running, cannot be reached, or cannot be trusted.
    case unavailable = 5
    /// No sensor, no usable sample, or others are using the sensor.
    case sensor = 6
    /// The caller may not do this.
    case notPermitted = 7
    /// A file (image, model, proof) is not what it should be.
    case badInput = 8
    /// A remote verifier has too much to do, or too many requests came from this address; try again later.
    case busy = 9
    /// Something else went wrong.
    case failure = 70
}
