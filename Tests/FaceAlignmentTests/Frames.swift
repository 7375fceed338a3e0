import NeuralNetwork
import Testing

@testable import FaceAlignment

/// Synthetic frames.
enum Frames {
    static func make(_ width: Int, _ height: Int, _ grey: (Int, Int) -> Int) throws -> GrayImage {
        let pixels = (0..<width * height).map { UInt8(min(max(grey($0 % width, $0 / width), 0), 255)) }
        return try #require(GrayImage(width: width, height: height, pixels: pixels))
    }

    static func noise(_ width: Int, _ height: Int, seed: UInt64) throws -> GrayImage {
        var state = seed
        return try make(width, height) { _, _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 56)
        }
    }

    /// What is seen of a frame on a canvas: canvas pixel p shows the frame at `transform(p)`.
    static func view(_ frame: GrayImage, _ width: Int, _ height: Int, by transform: Similarity) throws -> GrayImage {
        try #require(FrameSampler(frame).picture(width: width, height: height, by: transform))
    }

    /// A frame on a canvas of one grey.
    static func placed(_ frame: GrayImage, at x: Int, _ y: Int, on width: Int, _ height: Int) throws -> GrayImage {
        try make(width, height) { column, row in
            let (i, j) = (column - x, row - y)
            guard 0..<frame.width ~= i, 0..<frame.height ~= j else { return 118 }
            return Int(frame.pixels[j * frame.width + i])
        }
    }
}
