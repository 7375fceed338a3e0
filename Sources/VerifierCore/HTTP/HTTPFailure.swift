import HTTPTypes

/// An error as a client over HTTP sees it: `{"error": name}`, and for ``VerifierError/lockedOut(retryAfterSeconds:)``
/// also `retryAfterSeconds`.
struct HTTPFailure: Error, Equatable {
    let status: HTTPResponse.Status
    let name: String
    /// For `Retry-After`, and shown in the body where it is -1 (no time helps).
    var retryAfterSeconds: Int?
    /// Whether the connection is of no further use.
    var closes = false

    static let notFound = HTTPFailure(status: .notFound, name: "notFound")
    static let methodNotAllowed = HTTPFailure(status: .methodNotAllowed, name: "methodNotAllowed")
    static let tooLarge = HTTPFailure(status: .contentTooLarge, name: "tooLarge", closes: true)
    static let unsupportedMediaType = HTTPFailure(
        status: .unsupportedMediaType,
        name: "unsupportedMediaType",
        closes: true
    )
    static let badRequest = HTTPFailure(status: .badRequest, name: "badRequest")

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
