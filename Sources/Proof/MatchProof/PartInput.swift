import Commitments
import Models
import Statement

/// What the prover makes one part of an envelope from.
struct PartInput: Sendable {
    let part: StatementPart
    let samples: [MatchProver.Sample]
    var template: TemplateOpening?
    let model: ProvingModel?

    /// Throws where the samples cannot meet the part's statement.
    func check(_ challenge: Challenge) throws(ProverError) {
        let statement = challenge.statement(of: part)
        guard samples.count == statement.samples,
            samples.allSatisfy({ $0.opening.values.count == statement.dimension })
        else { throw .wrongSamples }
        guard template?.commitment == statement.template,
            template.map({ $0.values.count == statement.dimension }) ?? true
        else { throw .wrongTemplate }
        guard
            MatchWitness.satisfies(
                statement,
                shape: MatchShape(statement),
                samples: samples.map(\.opening),
                template: template
            )
        else { throw .noMatch }
    }
}
