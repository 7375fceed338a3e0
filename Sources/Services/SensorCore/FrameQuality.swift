import Imaging
import Statement

/// How good a frame is by light and contrast, and what would make it better.
struct FrameQuality: Equatable {
    /// Mean grey, 0...255.
    let mean: Int
    /// Standard deviation of grey, 0...127.
    let contrast: Int
    /// In words; nil when the frame is usable.
    let advice: String?

    static let darkestFace = 40
    static let brightestFace = 235
    static let leastContrast = 12

    init(_ image: GrayImage, _ modality: Modality) {
        var sum = 0
        var squares = 0
        for pixel in image.pixels {
            sum += Int(pixel)
            squares += Int(pixel) * Int(pixel)
        }
        let count = max(1, image.pixels.count)
        mean = sum / count
        contrast = Int(Double(max(0, squares / count - mean * mean)).squareRoot())
        switch modality {
        case .face where mean < Self.darkestFace:
            advice = "too dark: mean \(mean), need \(Self.darkestFace)"
        case .face where mean > Self.brightestFace:
            advice = "too bright: mean \(mean), at most \(Self.brightestFace)"
        case .face where contrast < Self.leastContrast:
            advice = "too little contrast: \(contrast), need \(Self.leastContrast)"
        case .fingerprint where contrast < Self.leastContrast:
            advice = "no finger seen: contrast \(contrast), need \(Self.leastContrast)"
        default:
            advice = nil
        }
    }

    /// 0...1, for advice only: nothing is decided by it.
    var score: Double { min(1, Double(contrast) / 64) }
}
