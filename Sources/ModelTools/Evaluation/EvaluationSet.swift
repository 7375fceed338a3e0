import Foundation

/// What a template of several samples is.
public enum TemplateRule: String, Sendable, Codable {
    /// The sum of their embeddings, which is what is enrolled and proved today.
    case sum
    /// Each for itself; the best of them counts.
    case best
}

/// Who is compared with whom. An image is named by its index in `images`.
public struct EvaluationSet: Sendable {
    /// What is enrolled: one image or several of one person, whose embeddings are added up.
    public struct Template: Hashable, Sendable {
        /// Indices into ``EvaluationSet/images``, ascending; at least one.
        public var images: [Int]
        /// Whose they are, as in ``EvaluationSet/people``.
        public var person: Int
    }

    /// Paths, each once.
    public private(set) var images: [String] = []
    /// The person of each image. People of a list of pairs are who is linked by same-person pairs.
    public private(set) var people: [Int] = []
    /// In the order of the people; of a list of pairs one for each image.
    public private(set) var templates: [Template] = []
    /// Comparisons: probe image, template, and whether they are of one person; nil where all are made.
    private(set) var listed: [(probe: Int, template: Int, isGenuine: Bool)]?
    /// Images that are compared with every template but their own, where all comparisons are made.
    private(set) var probes: [Int] = []
    /// Whether an unordered pair of images is compared once.
    private(set) var isSymmetric = false
    /// People with fewer images than a template needs.
    public private(set) var peopleWithoutTemplate = 0
    /// How a template of several images is compared.
    public private(set) var rule = TemplateRule.sum
    /// How the comparisons came about, for reports.
    public private(set) var protocolDescription = ""

    /// People are numbered from 0 up to it; some may have no image.
    public private(set) var personCount = 0

    /// Exactly the listed pairs: the first image is the probe, the second the template.
    public init(pairs: [ImagePair]) {
        var indices: [String: Int] = [:]
        func index(_ path: String) -> Int {
            if let index = indices[path] { return index }
            indices[path] = self.images.count
            self.images.append(path)
            return self.images.count - 1
        }
        let edges = pairs.map { (index($0.first), index($0.second), $0.isGenuine) }
        people = Self.components(count: self.images.count, edges: edges.filter(\.2).map { ($0.0, $0.1) })
        personCount = (people.max() ?? -1) + 1
        templates = self.images.indices.map { Template(images: [$0], person: people[$0]) }
        listed = edges.map { (probe: $0.0, template: $0.1, isGenuine: $0.2) }
        protocolDescription = "the pairs of a list, the second image of each as the template"
    }

    /// Every person's images against every other's.
    ///
    /// - Parameters:
    ///   - people: paths by person.
    ///   - templateSamples: 1 to compare every pair of images; k > 1 for templates that are the sum of a person's
    ///     first k images, compared with all images that are in no template.
    ///   - rule: how the k images make one template.
    public init(people: [[String]], templateSamples: Int, rule: TemplateRule = .sum) {
        self.rule = rule
        personCount = people.count
        for (person, paths) in people.enumerated() {
            let first = self.images.count
            self.images += paths
            self.people += paths.map { _ in person }
            let indices = Array(first..<self.images.count)
            if templateSamples == 1 {
                templates += indices.map { Template(images: [$0], person: person) }
                probes += indices
            } else if indices.count >= templateSamples {
                templates.append(Template(images: Array(indices.prefix(templateSamples)), person: person))
                probes += indices.dropFirst(templateSamples)
            } else {
                peopleWithoutTemplate += 1
                probes += indices
            }
        }
        isSymmetric = templateSamples == 1
        protocolDescription =
            templateSamples == 1
            ? "every pair of images"
            : "templates of each person's first \(templateSamples) images"
                + (rule == .best ? ", the best of which counts," : "") + " against all other images"
    }

    /// One folder for each person, searched recursively; files directly in the folder belong to nobody.
    public static func people(in folder: String) throws(ImportError) -> [[String]] {
        try namedPeople(in: folder).map(\.paths)
    }

    /// As ``people(in:)``, with the names of the people's folders.
    static func namedPeople(in folder: String) throws(ImportError) -> [(name: String, paths: [String])] {
        let paths = try ModelCommands.imagePaths(in: folder, maximum: Int.max)
        var people: [String: [String]] = [:]
        for path in paths {
            let parts = path.dropFirst(folder.count).split(separator: "/")
            guard parts.count > 1 else { continue }
            people[String(parts[0]), default: []].append(path)
        }
        // 1, 2, 10: in the order in which people count.
        return people.keys.sorted().map { name in
            (name, (people[name] ?? []).sorted { $0.compare($1, options: [.numeric]) == .orderedAscending })
        }
    }

    /// Numbers of the connected components of a graph, in the order of their first vertex.
    private static func components(count: Int, edges: [(Int, Int)]) -> [Int] {
        var parent = Array(0..<count)
        func root(_ vertex: Int) -> Int {
            var vertex = vertex
            while parent[vertex] != vertex {
                parent[vertex] = parent[parent[vertex]]
                vertex = parent[vertex]
            }
            return vertex
        }
        for (a, b) in edges {
            let (first, second) = (root(a), root(b))
            if first != second { parent[Swift.max(first, second)] = Swift.min(first, second) }
        }
        var numbers: [Int: Int] = [:]
        return (0..<count).map { vertex in
            let root = root(vertex)
            if let number = numbers[root] { return number }
            numbers[root] = numbers.count
            return numbers.count - 1
        }
    }
}
