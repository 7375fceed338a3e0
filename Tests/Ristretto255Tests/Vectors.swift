import Foundation
import Testing

/// The vector files.
enum Vectors {
    struct RFC9496: Decodable {
        struct Map: Decodable {
            let input: String
            let output: String
        }
        struct SquareRootRatio: Decodable {
            let u: String
            let v: String
            let wasSquare: Bool
            let root: String
        }
        let multiples: [String]
        let invalid: [String: [String]]
        let oneWayMap: [Map]
        let squareRootRatio: [SquareRootRatio]
    }

    struct Arithmetic: Decodable {
        struct Binary: Decodable {
            let a: String
            let b: String
            let sum: String
            let difference: String
            let product: String
            let square: String?
        }
        struct Unary: Decodable {
            let a: String
            let negative: String
            let square: String
            let inverse: String
        }
        struct Encoding: Decodable {
            let bytes: String
            let valid: Bool
        }
        struct Reduction: Decodable {
            let bytes: String
            let reduced: String
        }
        struct SignedInteger: Decodable {
            let value: Int64
            let scalar: String
        }
        struct Inner: Decodable {
            let count: Int
            let kind: String
            let seedA: String
            let seedB: String
            let product: String
        }
        struct Inverse: Decodable {
            let a: String
            let inverse: String
        }
        let scalars: [Binary]
        let unary: [Unary]
        let canonical: [Encoding]
        let reductions: [Reduction]
        let integers: [SignedInteger]
        let inner: [Inner]
        let field: [Binary]
        let fieldInverses: [Inverse]
    }

    static func rfc9496() throws -> RFC9496 { try load("rfc9496") }
    static func arithmetic() throws -> Arithmetic { try load("arithmetic") }

    private static func load<T: Decodable>(_ name: String) throws -> T {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json"))
        return try JSONDecoder().decode(T.self, from: Data(contentsOf: url))
    }
}
