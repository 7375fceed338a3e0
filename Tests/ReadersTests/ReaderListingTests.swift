import Testing

@testable import Devices
@testable import Encoding
@testable import Readers

@Suite("lists of readers between two programs")
struct ReaderListingTests {
    private let listing = ReaderListing(
        entries: [
            .init(name: "upektc_img", product: "UPEK", manner: "a finger is drawn over it", fault: nil),
            .init(name: "elan:1", product: "", manner: "a finger is put on it", fault: "no picture"),
        ],
        fault: nil
    )

    @Test("what one writes the other reads")
    func roundTrip() throws {
        for listing in [listing, ReaderListing(entries: [], fault: "no library")] {
            #expect(ReaderListing(json: try JSON(parsing: listing.json.encode())) == listing)
        }
    }

    @Test("nothing else is a list")
    func strict() throws {
        func isList(_ change: (inout [String: JSON]) -> Void) throws -> Bool {
            guard case .object(var members) = listing.json else { return true }
            change(&members)
            return ReaderListing(json: .object(members)) != nil
        }
        guard case .array(let readers)? = { if case .object(let all) = listing.json { all["readers"] } else { nil } }(),
            case .object(let first)? = readers.first
        else {
            Issue.record("no readers")
            return
        }
        #expect(try isList { _ in })
        #expect(try !isList { $0["more"] = 1 })
        #expect(try !isList { $0["fault"] = nil })
        #expect(try !isList { $0["fault"] = 1 })
        #expect(try !isList { $0["readers"] = .array([JSON](repeating: readers[0], count: 17)) })
        for key in first.keys {
            for value: JSON? in [nil, 1, "\u{1B}[2J", "\u{202E}", .string(String(repeating: "x", count: 2049)), []] {
                var entry = first
                entry[key] = value
                #expect(try !isList { $0["readers"] = [.object(entry)] }, "\(key)")
            }
        }
    }
}
