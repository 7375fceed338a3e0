import Imaging
import Statement

/// How good a frame is that no aligner looks at, by its light, and what would make it better.
struct FrameQuality: Equatable {
    private let light: LightMeasures
    /// In words; nil when the frame is usable.
    let advice: String?

    /// The least deviation of grey of a finger, which is black and white as a rule.
    static let leastFingerContrast = 12.0

    init(_ image: GrayImage, _ modality: Modality) {
        light = LightMeasures(image, columns: 0..<image.width, rows: 0..<image.height)
        switch modality {
        case .face:
            advice = light.advice
        case .fingerprint where light.contrast < Self.leastFingerContrast:
            advice = "no finger seen: contrast \(Int(light.contrast)), need \(Int(Self.leastFingerContrast))"
        case .fingerprint:
            advice = nil
        }
    }

    /// 0...1, for advice only: nothing is decided by it.
    var score: Double { min(1, light.contrast / 64) }
}
