/// Under which name failed attempts are counted. Only who can make an accepted proof under that name can make a failed
/// one that counts: the host's own daemons, or the holder of an enrolled device's key. Strangers have no counter.
struct AttemptKey: Hashable, Sendable {
    enum Place: String, Sendable {
        /// On the Unix socket, per subject.
        case local
        /// Over HTTP, per subject and enrolled device.
        case device
    }

    let place: Place
    /// Pseudonym of the subject, or of subject and device: 32 bytes.
    let pseudonym: [UInt8]
}
