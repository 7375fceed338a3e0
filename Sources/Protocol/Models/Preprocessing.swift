import Encoding

/// How an image becomes a network's input, bytes to bytes; part of the model.
///
/// First an optional alignment, which is the sensor's matter, and of a face the levelling of its greys; then an optional window of a fixed size in pixels about
/// the centre (fingerprints, where the scale of 500 dpi carries meaning), then an optional crop to the input's aspect
/// ratio, then a resize. Mean and scale are folded into the network.
public struct Preprocessing: Hashable, Sendable, Codable {
    /// Width and height of the centre window, or 0 and 0 for the whole image. At most 4096.
    public var windowWidth: Int
    /// As ``windowWidth``; both are 0 or neither.
    public var windowHeight: Int
    /// Grey outside the image, where the window is larger.
    public var background: UInt8
    /// Whether to cut the longer axis, about the centre, to the input's aspect ratio; otherwise the image is stretched.
    public var keepsAspect: Bool
    /// What the frame is brought onto first; an aligned frame is neither windowed nor cut.
    public var alignment: Alignment
    /// Whether the greys of the face are brought to one mean and deviation (docs/quantisation.md, "Images").
    public var levelsGrey: Bool

    public init(
        windowWidth: Int = 0,
        windowHeight: Int = 0,
        background: UInt8 = 255,
        keepsAspect: Bool = false,
        alignment: Alignment = .none,
        levelsGrey: Bool = false
    ) {
        self.windowWidth = windowWidth
        self.windowHeight = windowHeight
        self.background = background
        self.keepsAspect = keepsAspect
        self.alignment = alignment
        self.levelsGrey = levelsGrey
    }

    /// Throws `invalidPreprocessing` where a side exceeds 4096, only one is 0, the background is not 255 without a
    /// window, or an alignment comes with a window or a cut.
    package func validate() throws(ModelError) {
        guard (self.windowWidth == 0) == (self.windowHeight == 0),
            0...4096 ~= self.windowWidth, 0...4096 ~= self.windowHeight,
            self.windowWidth > 0 || self.background == 255,
            self.alignment == .none || self.windowWidth == 0 && !self.keepsAspect,
            self.alignment == .face112 || !self.levelsGrey
        else { throw .invalidPreprocessing }
    }

    /// The last byte says how the frame is fitted: 0 stretched, 1 cut to the aspect ratio, 2 aligned by
    /// ``Alignment/face112``, 3 by ``Alignment/finger128``, 4 as 2 and its greys levelled.
    package func encode(into writer: inout ByteWriter) {
        writer.append(UInt16(truncatingIfNeeded: self.windowWidth))
        writer.append(UInt16(truncatingIfNeeded: self.windowHeight))
        writer.append(self.background)
        switch self.alignment {
        case .none: writer.append(UInt8(self.keepsAspect ? 1 : 0))
        case .face112: writer.append(UInt8(self.levelsGrey ? 4 : 2))
        case .finger128: writer.append(UInt8(3))
        }
    }

    /// Throws `limitExceeded` for an unknown fit; ``validate()`` is the caller's.
    package init(decoding reader: inout ByteReader<ModelError>) throws(ModelError) {
        let windowWidth = Int(try reader.readInteger(UInt16.self))
        let windowHeight = Int(try reader.readInteger(UInt16.self))
        let background: UInt8 = try reader.readInteger()
        let fit = try reader.readInteger(UInt8.self, in: 0...4)
        self.init(
            windowWidth: windowWidth,
            windowHeight: windowHeight,
            background: background,
            keepsAspect: fit == 1,
            alignment: Self.alignment(ofFit: fit),
            levelsGrey: fit == 4
        )
    }

    private static func alignment(ofFit fit: Int) -> Alignment {
        switch fit {
        case 2, 4: .face112
        case 3: .finger128
        default: .none
        }
    }
}

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
