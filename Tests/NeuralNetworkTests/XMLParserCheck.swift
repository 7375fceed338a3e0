import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

enum XMLParserCheck {
    static func isWellFormed(_ documents: [String]) throws -> Bool {
        documents.allSatisfy { XMLParser(data: Data($0.utf8)).parse() }
    }
}
