import Foundation

/// The bytes of a closed database file.
struct DatabaseBytes {
    var bytes: [UInt8]

    static func read(_ path: String) throws -> DatabaseBytes {
        DatabaseBytes(bytes: [UInt8](try Data(contentsOf: URL(filePath: path))))
    }

    func contains(_ pattern: [UInt8]) -> Bool {
        offset(of: pattern) != nil
    }

    func offset(of pattern: [UInt8]) -> Int? {
        Data(bytes).range(of: Data(pattern))?.lowerBound
    }
}
