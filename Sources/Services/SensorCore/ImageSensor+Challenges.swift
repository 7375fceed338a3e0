import Interfaces
import Sodium
import Statement

/// What a sensor is asked for, and whether it may give that.
extension ImageSensor {
    /// What is asked, without what this sensor has no modality or model for; that is an error only where nothing is
    /// left.
    func questions(
        _ challenges: [SignedChallenge],
        index: Int
    ) throws(SensorError) -> [FrameExamination.Question] {
        guard !challenges.isEmpty, (try? ChallengeSet.check(challenges.map(\.challenge))) != nil else {
            throw .badRequest
        }
        var (questions, obstacle): ([FrameExamination.Question], SensorError?) = ([], nil)
        for (place, challenge) in challenges.enumerated() {
            do {
                let views = try views(challenge, index: index)
                questions.append(FrameExamination.Question(place: place, challenge: challenge, views: views))
            } catch {
                guard error == .noSensor || error == .modelUnknown else { throw error }
                obstacle = obstacle ?? error
            }
        }
        if questions.isEmpty, let obstacle { throw obstacle }
        return questions
    }

    /// The models that a challenge is about.
    private func views(_ challenge: SignedChallenge, index: Int) throws(SensorError) -> [FrameExamination.View] {
        let statement = challenge.challenge
        guard let verifierKey = VerifyingKey(statement.verifierKey), challenge.isSigned(by: verifierKey),
            (0..<statement.samples).contains(index), now() < statement.expiresAt
        else { throw .badRequest }
        guard modalities.contains(statement.modality.name) else { throw .noSensor }
        var views: [FrameExamination.View] = []
        for part in statement.parts { views.append(try view(statement.statement(of: part))) }
        guard Self.isNoWeaker(views) else { throw .badRequest }
        return views
    }

    /// Refuses bounds that are laxer than the loosest that the model was calibrated for: who signs a challenge must not
    /// turn a threshold until it answers how far two samples are apart.
    private func view(_ statement: Challenge) throws(SensorError) -> FrameExamination.View {
        guard
            let model = embeddingModels.first(where: {
                $0.identity == statement.model && $0.modality == statement.modality.name
                    && $0.dimension == statement.dimension
            })
        else { throw .modelUnknown }
        guard statement.assurance == .match || model.published.startBlock(at: statement.assurance) != nil,
            statement.minimumNorm >= model.minimumNorm,
            statement.threshold >= model.thresholds.first?.numerator ?? 1
        else { throw .badRequest }
        return FrameExamination.View(model: model, statement: statement)
    }

    /// Whether an upgrade's new bound was calibrated for no higher a false match rate than the bound that it replaces.
    private static func isNoWeaker(_ views: [FrameExamination.View]) -> Bool {
        guard views.count == 2 else { return true }
        let rates = views.map { view in
            view.model.thresholds.last { $0.numerator <= view.statement.threshold }?.fmr
        }
        guard let new = rates[0], let old = rates[1] else { return views.allSatisfy(\.model.thresholds.isEmpty) }
        return new <= old
    }
}
