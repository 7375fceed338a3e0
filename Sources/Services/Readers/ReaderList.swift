import Devices

/// The fingerprint readers of this machine, and which of them can be used.
public struct ReaderList: Sendable {
    public struct Entry: Equatable, Sendable {
        /// To configure it by.
        public let name: String
        public let product: String
        /// How a finger is presented, in words.
        public let manner: String
        /// Why it cannot be used.
        public let fault: ReaderFault?
    }

    public let entries: [Entry]
    /// Why none could be looked for.
    public let fault: ReaderFault?

    /// Opens none. Blocks as long as USB does.
    public init() { self.init(Fprint(allowsVirtual: true)) }

    package init(_ system: any ReaderSystem) {
        do {
            let visit = try system.visit()
            defer { visit.leave(isOver: true) }
            entries = visit.readers.map { reader in
                Entry(
                    name: reader.stableName,
                    product: reader.product,
                    manner: reader.isSwipe ? "a finger is drawn over it" : "a finger is put on it",
                    fault: reader.givesPictures ? nil : .matchesOnChip(product: reader.product)
                )
            }
            fault = nil
        } catch {
            (entries, fault) = ([], error)
        }
    }

    /// For a program that must not load libfprint itself.
    public var listing: ReaderListing {
        ReaderListing(
            entries: entries.map {
                ReaderListing.Entry(
                    name: $0.name,
                    product: $0.product,
                    manner: $0.manner,
                    fault: $0.fault.map { "\($0)" }
                )
            },
            fault: fault.map { "\($0)" }
        )
    }
}
