import Foundation
import MatchProof
import Models
import Sodium

/// What a relying party knows of a login: the challenge that it signed, the keys that it trusts, the networks that it allows.
/// Here it is a file, in the form of the test vectors' descriptions; paths in it are relative to it.
struct Login: Decodable {
    struct Model: Decodable { let file: String }
    let envelope: String
    let signedChallenge: String
    let verifierKey: String
    let sensorKey: String?
    let models: [Model]
}

struct Refusal: Error, CustomStringConvertible { let description: String }

func key(_ text: String) throws -> VerifyingKey {
    guard let key = Hexadecimal.decode(text).flatMap({ VerifyingKey($0) }) else {
        throw Refusal(description: "\(text) is no Ed25519 key")
    }
    return key
}

func judge(_ file: URL) throws -> VerifiedProof {
    let login = try JSONDecoder().decode(Login.self, from: Data(contentsOf: file))
    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: name, relativeTo: file)))
    }
    let models = try login.models.map { try PublishedModel(decoding: read($0.file)) }
    let envelope = try ProofEnvelope(decoding: read(login.envelope)) { id in models.first { $0.identity == id } }
    // A proof about any other challenge, however valid, was not made for this login. Use each challenge up once.
    guard Hexadecimal.encode(envelope.challenge.bytes) == login.signedChallenge else {
        throw Refusal(description: "the proof answers another challenge")
    }
    return try MatchVerifier().verify(
        envelope,
        verifierKey: key(login.verifierKey),
        sensorKey: login.sensorKey.map(key)
    )
}

do {
    guard CommandLine.arguments.count == 2 else { throw Refusal(description: "usage: relying-party LOGIN.json") }
    let verified = try judge(URL(fileURLWithPath: CommandLine.arguments[1]))
    print("verified: \(verified.verdict.rawValue), \(verified.challenge.subject) at \(verified.challenge.audience)")
} catch {
    print("refused: \(error)")
    exit(1)
}
