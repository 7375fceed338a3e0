/// Lets every refusal take the same time as far as a peer can measure: the answer leaves at the next multiple of a
/// quantum after the request came in, and the quantum is longer than a verification takes.
struct RefusalPacer: Sendable {
    let quantum: Duration

    /// Waits until the next multiple of the quantum since `start` (at least one quantum).
    func hold(since start: ContinuousClock.Instant) async {
        guard quantum > .zero else { return }
        let elapsed = ContinuousClock.now - start
        let quanta = (elapsed / quantum).rounded(.down) + 1
        try? await Task.sleep(until: start + quantum * quanta, clock: .continuous)
    }
}
