import CSodium

/// Whether `a` and `b` are equal, in time that depends on their lengths only.
public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    Sodium.initialise()
    return sodium_memcmp(a, b, a.count) == 0
}
