import Imaging
import IntegerNetwork

/// People with what their pictures gave: an embedding of each usable one. Pictures are decoded a few at a time and not kept.
struct AcquiredPeople: Sendable {
    struct Person: Sendable {
        /// Of the folder.
        var name: String
        /// The pictures that gave a usable embedding, in their order.
        var paths: [String] = []
        /// Of `paths`.
        var embeddings: [[Int16]] = []
        /// Pictures that could be read and gave none.
        var refused = 0

        /// Pictures that could be read.
        var pictures: Int { paths.count + refused }
    }

    /// More would take more than a day to compare, and gigabytes for their embeddings.
    static let maximumImages = 200_000

    private(set) var people: [Person]
    /// Pictures that gave no usable embedding, and why.
    private(set) var refused: [PeopleEvaluation.Picture] = []
    /// Files that are no picture: nothing is known of what a sensor would have said.
    private(set) var unreadable: [PeopleEvaluation.Picture] = []

    init(
        _ model: EmbeddingModel,
        people named: [(name: String, paths: [String])],
        _ preparation: FramePreparation,
        progress: (Double) -> Void
    ) throws(ImportError) {
        let count = named.reduce(0) { $0 + $1.paths.count }
        guard count <= Self.maximumImages else { throw .tooManyImages(count, most: Self.maximumImages) }
        var people = named.map { Person(name: $0.name) }
        let places = named.enumerated().flatMap { person, entry in entry.paths.map { (person, $0) } }
        var (refused, unreadable): ([PeopleEvaluation.Picture], [PeopleEvaluation.Picture]) = ([], [])
        var next = 0
        try EmbeddingTable.embed(model, images: places.map(\.1), preparation, progress: progress) {
            outcome throws(ImportError) in
            let (person, path) = places[next]
            next += 1
            switch outcome {
            case .success(let embedding) where embedding.norm >= Int(model.minimumNorm):
                people[person].paths.append(path)
                people[person].embeddings.append(embedding.values)
            case .success:
                refused.append(.init(path: path, reason: "the network sees too little in it"))
                people[person].refused += 1
            case .failure(.frame(_, let refusal)):
                refused.append(.init(path: path, reason: refusal.advice))
                people[person].refused += 1
            case .failure(.model(let error)): throw .model(error)
            case .failure(let error): unreadable.append(.init(path: path, reason: error.reason(at: path)))
            }
        }
        (self.people, self.refused, self.unreadable) = (people, refused, unreadable)
    }

    init(_ people: [Person]) { self.people = people }

    /// Some of them, by their places.
    func only(_ places: [Int]) -> AcquiredPeople { AcquiredPeople(places.map { people[$0] }) }

    var pictures: Int { people.reduce(0) { $0 + $1.pictures } }

    var table: EmbeddingTable { EmbeddingTable(embeddings: people.flatMap(\.embeddings)) }

    /// Templates are made of usable pictures: a sensor asks for another touch or look in place of one that it refuses.
    func set(templateSamples: Int, rule: TemplateRule) -> EvaluationSet {
        EvaluationSet(people: people.map(\.paths), templateSamples: templateSamples, rule: rule)
    }

    /// FTA: of all pictures that could be read.
    var failuresToAcquire: BinomialRate {
        BinomialRate(count: people.reduce(0) { $0 + $1.refused }, trials: pictures)
    }

    /// FTA in each replicate that has pictures.
    func failureToAcquireRates(seed: UInt64) -> [Double] {
        let draws = PeopleDraws(set(templateSamples: 1, rule: .sum), table: table, seed: seed)
        var (refused, pictures) = (
            [Int](repeating: 0, count: draws.replicates), [Int](repeating: 0, count: draws.replicates)
        )
        for (place, person) in people.enumerated() {
            for (replicate, count) in draws.counts[draws.range(place)].enumerated() {
                refused[replicate] += Int(count) * person.refused
                pictures[replicate] += Int(count) * person.pictures
            }
        }
        return zip(refused, pictures).filter { $1 > 0 }.map { Double($0) / Double($1) }
    }

    /// FTE of people with as many readable pictures as a template takes: those of whom too few are usable.
    func failuresToEnrol(templateSamples: Int) -> BinomialRate {
        let tried = people.filter { $0.pictures >= templateSamples }
        return BinomialRate(count: tried.count { $0.paths.count < templateSamples }, trials: tried.count)
    }
}
