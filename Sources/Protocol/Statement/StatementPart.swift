/// What one match proof of an envelope shows. All roles have a single part, except an upgrade, whose samples match the
/// template under the previous model and one another under the new one (`docs/protocol.md` section 8).
package enum StatementPart: UInt8, Sendable {
    case whole = 0
    /// The samples under the new model: as an enrolment.
    case upgraded = 1
    /// The samples under the previous model, against the recorded template: as a refresh.
    case previous = 2
}

extension Challenge {
    /// The parts of a proof that answers this challenge, in order.
    package var parts: [StatementPart] { role == .upgrade ? [.upgraded, .previous] : [.whole] }

    /// The statement that a part shows, as the challenge of a simpler role. Never signed, encoded or absorbed.
    package func statement(of part: StatementPart) -> Challenge {
        var statement = self
        switch part {
        case .whole:
            break
        case .upgraded:
            statement.role = .enrol
            statement.template = nil
            statement.previous = nil
        case .previous:
            statement.role = .refresh
            statement.previous = nil
            if let previous {
                statement.model = previous.identity
                statement.dimension = previous.dimension
                statement.threshold = previous.threshold
                statement.minimumNorm = previous.minimumNorm
            }
        }
        return statement
    }
}
