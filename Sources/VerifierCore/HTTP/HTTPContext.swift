/// What a request brings along besides itself: where it came from.
struct HTTPContext: Sendable {
    /// The client's IP address; nil if the system does not tell it.
    let client: NetworkAddress?

    /// The client's IP address as text; empty if the system does not tell it.
    var address: String { client.map { "\($0)" } ?? "" }
    /// What counts as one client.
    var network: [UInt8] { client?.network ?? [] }
    /// What shares are dealt out to.
    var customer: [UInt8] { client?.customer ?? [] }
}
