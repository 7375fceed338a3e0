import HTTPTypes
import Interfaces

/// An error as a client over HTTP sees it: `{"error": name}`, and for ``VerifierError/lockedOut(retryAfterSeconds:)``
/// also `retryAfterSeconds`.
struct HTTPFailure: Error, Equatable {
    let status: HTTPResponse.Status
    let name: String
    /// For `Retry-After`, and shown in the body where it is -1 (no time helps).
    var retryAfterSeconds: Int?
    /// Whether the connection is of no further use.
    var closes = false
    /// For `Allow`.
    var allowed: [HTTPRequest.Method] = []

    static let notFound = HTTPFailure(status: .notFound, name: "notFound")
    static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> HTTPFailure {
        var failure = HTTPFailure(status: .methodNotAllowed, name: "methodNotAllowed")
        failure.allowed = allowed
        return failure
    }
    static let tooLarge = HTTPFailure(status: .contentTooLarge, name: "tooLarge", closes: true)
    static let unsupportedMediaType = HTTPFailure(
        status: .unsupportedMediaType,
        name: "unsupportedMediaType",
        closes: true
    )
    static let badRequest = HTTPFailure(status: .badRequest, name: "badRequest")
    /// A body that is not framed as HTTP has it: where the next request begins cannot be known.
    static let malformed = HTTPFailure(status: .badRequest, name: "badRequest", closes: true)
    /// More at a time than there is room for.
    static let tooBusy = HTTPFailure(status: .serviceUnavailable, name: "busy", retryAfterSeconds: 1, closes: true)

    static func tooManyRequests(retryAfterSeconds: Int) -> HTTPFailure {
        HTTPFailure(status: .tooManyRequests, name: "busy", retryAfterSeconds: retryAfterSeconds, closes: true)
    }

    init(status: HTTPResponse.Status, name: String, retryAfterSeconds: Int? = nil, closes: Bool = false) {
        self.status = status
        self.name = name
        self.retryAfterSeconds = retryAfterSeconds
        self.closes = closes
    }

    init(_ error: VerifierError) {
        switch error {
        case .notAuthorized: self.init(status: .unauthorized, name: "notAuthorized")
        case .notEnrolled: self.init(status: .notFound, name: "notEnrolled")
        case .alreadyEnrolled: self.init(status: .conflict, name: "alreadyEnrolled")
        case .nothingToUpgrade: self.init(status: .conflict, name: "nothingToUpgrade")
        case .lockedOut(let seconds):
            self.init(status: .tooManyRequests, name: "lockedOut", retryAfterSeconds: seconds)
        case .refused: self.init(status: .forbidden, name: "refused")
        case .busy: self.init(status: .serviceUnavailable, name: "busy", retryAfterSeconds: 1)
        case .storageFailure: self.init(status: .internalServerError, name: "storageFailure")
        case .badRequest: self = .badRequest
        }
    }
}
