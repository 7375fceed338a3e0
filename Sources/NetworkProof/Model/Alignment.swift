/// What a model wants its frames brought onto before they become its input.
public enum Alignment: String, Hashable, Sendable, Codable, CaseIterable {
    /// Frames are taken as they come.
    case none
    /// The usual 112 x 112 crop of a face, the eyes at (38.29, 51.70) and (73.53, 51.50); docs/alignment.md.
    case face112
}
