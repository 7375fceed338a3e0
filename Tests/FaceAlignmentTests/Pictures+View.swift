import AlignmentTestSupport
import Imaging
import Testing

@testable import FaceAlignment

extension Pictures {
    /// What is seen of a frame on a canvas: canvas pixel p shows the frame at `transform(p)`.
    static func view(_ frame: GrayImage, _ width: Int, _ height: Int, by transform: Similarity) throws -> GrayImage {
        try #require(FrameSampler(frame).picture(width: width, height: height, by: transform))
    }
}
