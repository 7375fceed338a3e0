import Imaging

/// Pictures that tests of both aligners make up.
package enum Pictures {
    /// A width or height that no picture has.
    package struct NoPicture: Error {}

    package static func make(_ width: Int, _ height: Int, _ grey: (Int, Int) -> Int) throws -> GrayImage {
        let pixels = (0..<width * height).map { UInt8(min(max(grey($0 % width, $0 / width), 0), 255)) }
        guard let picture = GrayImage(width: width, height: height, pixels: pixels) else { throw NoPicture() }
        return picture
    }

    package static func noise(_ width: Int, _ height: Int, seed: UInt64) throws -> GrayImage {
        var state = seed
        return try make(width, height) { _, _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 56)
        }
    }
}
