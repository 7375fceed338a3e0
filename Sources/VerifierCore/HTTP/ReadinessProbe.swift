/// Asks whether the service could do its work, at most once a second however often it is asked itself: the question
/// costs the database something, and anybody may ask.
actor ReadinessProbe {
    private static let freshness: Duration = .seconds(1)

    private let ask: @Sendable () async -> Bool
    private var answer: (isReady: Bool, time: ContinuousClock.Instant)?
    private var asking: Task<Bool, Never>?

    init(_ ask: @escaping @Sendable () async -> Bool) {
        self.ask = ask
    }

    func isReady() async -> Bool {
        if let answer, ContinuousClock.now - answer.time < Self.freshness { return answer.isReady }
        if let asking { return await asking.value }
        let task = Task { [ask] in await ask() }
        asking = task
        let isReady = await task.value
        answer = (isReady, ContinuousClock.now)
        asking = nil
        return isReady
    }
}
