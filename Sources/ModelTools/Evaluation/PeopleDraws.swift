/// How often each person is drawn in each replicate of a bootstrap.
struct PeopleDraws: Sendable {
    /// So many leave twelve on either side of a 95 % interval.
    static let replicates = 500
    static let usualSeed: UInt64 = 1

    let replicates: Int
    /// By person, then by replicate.
    let counts: [UInt16]

    /// - Parameter counts: for each replicate, how often each person is drawn.
    init(_ counts: [[UInt16]]) {
        replicates = counts.count
        self.counts = (0..<(counts.first?.count ?? 0)).flatMap { person in counts.map { $0[person] } }
    }

    /// For each replicate as many people as the set has, with replacement. Who is drawn depends on people's embeddings,
    /// not on their order.
    init(_ set: EvaluationSet, table: EmbeddingTable, seed: UInt64 = usualSeed) {
        var embeddings = [[[Int16]]](repeating: [], count: set.personCount)
        for (person, embedding) in zip(set.people, table.embeddings) { embeddings[person].append(embedding) }
        for person in embeddings.indices { embeddings[person].sort { $0.lexicographicallyPrecedes($1) } }
        let people = embeddings.indices.sorted { first, second in
            embeddings[first].lexicographicallyPrecedes(embeddings[second]) { $0.lexicographicallyPrecedes($1) }
        }
        var generator = SeededGenerator(seed: seed)
        var counts = [UInt16](repeating: 0, count: people.count * Self.replicates)
        for replicate in 0..<Self.replicates {
            for _ in people {
                // The standard library does not promise the same numbers in its next version.
                let drawn = people[Int(generator.next().multipliedFullWidth(by: UInt64(people.count)).high)]
                counts[drawn * Self.replicates + replicate] += 1
            }
        }
        replicates = Self.replicates
        self.counts = counts
    }

    /// Of one person, in each replicate.
    func range(_ person: Int) -> Range<Int> { person * replicates..<(person + 1) * replicates }
}

/// SplitMix64: the same sequence in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
