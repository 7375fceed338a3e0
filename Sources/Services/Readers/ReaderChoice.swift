/// Which fingerprint reader is used, and what is known of its pictures.
public struct ReaderChoice: Equatable, Sendable {
    /// What ridges look like in the reader's pictures.
    public enum Ridges: String, CaseIterable, Sendable {
        /// As libfprint hands them on.
        case dark
        /// Of a driver that does not say that its pictures are inverted.
        case light
    }

    /// A driver's name, with the device's where it has one; nil for the only reader that gives pictures.
    public var name: String?
    /// Of its pictures; nil: as the driver says.
    public var dotsPerInch: Int?
    public var ridges: Ridges

    public init(name: String? = nil, dotsPerInch: Int? = nil, ridges: Ridges = .dark) {
        (self.name, self.dotsPerInch, self.ridges) = (name, dotsPerInch, ridges)
    }

    /// Whether a test reader of libfprint is meant, which an environment variable names.
    public var isVirtual: Bool { name?.hasPrefix("virtual_") ?? false }

    /// Its place among those that there are. What a driver calls its product is no name: it need not stay.
    func index(among readers: [ReaderDescription]) throws(ReaderFault) -> Int {
        let named = readers.indices.filter { name == nil || isNamed(readers[$0]) }
        // Of several without a name, those that cannot be used are not meant.
        let usable = named.filter { readers[$0].givesPictures }
        let found = name == nil && !usable.isEmpty ? usable : named
        guard let first = found.first else {
            throw .noReader(name: name, present: readers.map(\.stableName))
        }
        guard found.count == 1 else {
            throw .ambiguous(name: name ?? "auto", present: found.map { readers[$0].stableName })
        }
        guard readers[first].givesPictures else { throw .matchesOnChip(product: readers[first].product) }
        return first
    }

    /// Why there is no such reader, as far as its name tells; nothing is opened.
    package func absence(in system: any ReaderSystem) -> ReaderFault? {
        do {
            let visit = try system.visit()
            defer { visit.leave(isOver: true) }
            _ = try index(among: visit.readers)
            return nil
        } catch {
            return error
        }
    }

    private func isNamed(_ reader: ReaderDescription) -> Bool {
        name == reader.stableName || name == reader.driver
    }
}
