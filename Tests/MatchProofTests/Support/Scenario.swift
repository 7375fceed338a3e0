import Ristretto255

@testable import Commitments
@testable import Statement

/// A person with a template, a matching sample, somebody else, and a login challenge.
struct Scenario {
    var fixture: Fixture
    let person: [Int16]
    let template: TemplateOpening
    /// Matches the template.
    let sample: EmbeddingOpening
    /// Somebody else whose inner product with the template is positive, but whose cosine is far below the threshold.
    let stranger: EmbeddingOpening
    let login: SignedChallenge

    init(
        dimension: Int = 128,
        seed: UInt64 = 5,
        role: Role = .authenticate,
        samples: Int = 1,
        modify: (inout Challenge) -> Void = { _ in }
    ) throws {
        fixture = Fixture(dimension: dimension, seed: seed)
        person = fixture.person()
        var openings: [EmbeddingOpening] = []
        for _ in 0..<3 { openings.append(try EmbeddingOpening(committing: fixture.sample(of: person))) }
        template = try TemplateOpening(summing: openings)
        sample = try EmbeddingOpening(committing: fixture.sample(of: person))
        var other = fixture.person()
        while !Self.isUnlike(other, template.values) { other = fixture.person() }
        stranger = try EmbeddingOpening(committing: other)
        login = try fixture.challenge(
            role,
            template: role == .enrol ? nil : template.commitment,
            samples: samples,
            modify: modify
        )
    }

    /// The opening of another sample of the same person.
    mutating func anotherSample() throws -> EmbeddingOpening {
        try EmbeddingOpening(committing: fixture.sample(of: person))
    }

    /// An honest login, ready to be spoilt.
    var attempt: Attempt { Attempt(login, samples: [sample], template: template) }

    /// The stranger's login against this template, by somebody who holds the template's opening.
    var strangerAttempt: Attempt { Attempt(login, samples: [stranger], template: template) }

    static func dot(_ a: [Int16], _ b: [Int16]) -> Int {
        zip(a, b).reduce(0) { $0 + Int($1.0) * Int($1.1) }
    }

    private static func isUnlike(_ a: [Int16], _ b: [Int16]) -> Bool {
        let inner = dot(a, b)
        return inner > 0 && 4 * Int128(inner) * Int128(inner) < Int128(dot(a, a)) * Int128(dot(b, b))
    }
}
