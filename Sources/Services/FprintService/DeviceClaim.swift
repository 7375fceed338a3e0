/// Who has a device, and what it does for him.
struct DeviceClaim: Sendable {
    let caller: BusCaller
    /// The account whose fingers it is about.
    let subject: String
    var action: DeviceAction?

    init(_ caller: BusCaller, subject: String) {
        self.caller = caller
        self.subject = subject
    }
}

/// A verification or an enrolment, from its start until it is stopped: also after its last word.
struct DeviceAction: Sendable {
    enum Kind: Sendable {
        case verify
        case enrol

        /// The signal that it tells by.
        var signal: String { self == .verify ? "VerifyStatus" : "EnrollStatus" }
    }

    let kind: Kind
    /// Tells it from one that came before.
    let number: UInt64
    var task: Task<Void, Never>?
}
