/// What a model wants its frames brought onto before they become its input.
public enum Alignment: String, Hashable, Sendable, Codable, CaseIterable {
    /// Frames are taken as they come.
    case none
    /// The usual 112 x 112 crop of a face, the eyes at (38.29, 51.70) and (73.53, 51.50); docs/alignment.md.
    case face112
    /// A 128 x 128 crop of a fingerprint at 250 dots per inch, the finger upright, its reference point in the middle and its
    /// local contrast made even; docs/alignment.md.
    case finger128

    /// What frames with it show; nil if any.
    package var modality: String? {
        switch self {
        case .none: nil
        case .face112: "face"
        case .finger128: "fingerprint"
        }
    }
}
