import AlignmentTestSupport
import Foundation
import Testing

@testable import FaceAlignment
@testable import Imaging
@testable import IntegerNetwork
@testable import ModelTools

@Suite("aligner without faces", .enabled(if: Shared.hasCascade, "Debian's package opencv-data is not installed"))
struct AlignerTotalityTests {
    @Test("the packaged cascade is read whole")
    func cascade() throws {
        let cascade = try Cascade(contentsOf: FaceAligner.packagedCascade)
        #expect(cascade.width == 20 && cascade.height == 20)
        #expect(cascade.stages.count == 20 && cascade.features.count == 2094)
        #expect(cascade.stages.reduce(0) { $0 + $1.trees.count } == 1047)
    }

    @Test(
        "frames of every shape and content are refused in words, and none traps",
        arguments: [
            (1, 1), (1, 4000), (4000, 1), (2, 2), (19, 19), (20, 20), (21, 37), (640, 480), (8192, 512), (5000, 4000),
        ]
    )
    func degenerate(_ width: Int, _ height: Int) throws {
        let aligner = try FaceAligner()
        for frame in [
            try Pictures.make(width, height) { _, _ in 0 },
            try Pictures.make(width, height) { x, y in (x / 9 + y / 7) % 2 * 255 },
            try Pictures.noise(width, height, seed: 4),
        ] {
            do {
                let face = try aligner.alignedFace(in: frame)
                // Cascades see faces in noise now and then; what comes out is a crop all the same.
                #expect(face.crop.width == 112 && face.crop.height == 112)
            } catch {
                #expect(!error.advice.isEmpty)
            }
        }
    }

    @Test("an aligner for faces says so")
    func alignment() throws {
        #expect(try FaceAligner().alignment == .face112)
        #expect(throws: FaceAligner.SetupError.cascadeUnreadable(path: "/nonexistent")) {
            try FaceAligner(cascade: "/nonexistent")
        }
    }
}

/// Faces of ORL: 92 x 112, filling the frame, not aligned. Nothing of the aligner was trained or tuned on them but the
/// limits of its measures.
@Suite(
    "aligner on real faces",
    .serialized,
    .enabled(if: Shared.hasFaces && Shared.hasCascade, "faces are in ../shared or $SEMBLANCE_SHARED; needs opencv-data")
)
struct RealFaceTests {
    /// Every subject's picture of that number.
    private func faces(_ number: Int) throws -> [GrayImage] {
        try Shared.extracting("data/orl.tar", "orl/s*/\(number).pgm") { folder in
            try (1...20).map { try ImageDecoder.decode(contentsOf: "\(folder)/orl/s\($0)/\(number).pgm") }
        }
    }

    @Test("the same face turned, grown and shifted on a larger frame gives the same crop")
    func equivariance() throws {
        let aligner = try FaceAligner()
        // From canvas to frame: 12 degrees, 1.6 times as large, off the middle.
        let angle = 12 * Double.pi / 180
        let view = Similarity(
            a: cos(angle) / 1.6,
            b: sin(angle) / 1.6,
            about: (0, 0),
            shiftX: -90,
            shiftY: -60
        )
        let toCanvas = try #require(view.inverse)
        var distances: [Double] = []
        for frame in try faces(1) {
            let here = try aligner.alignedFace(in: frame)
            guard let there = try? aligner.alignedFace(in: try Pictures.view(frame, 640, 480, by: view)) else {
                distances.append(.infinity)
                continue
            }
            distances.append(there.placement.distance(to: toCanvas.after(here.placement)))
        }
        distances.sort()
        #expect(distances[distances.count / 2] < 1)
        #expect(distances.count { $0 < 3 } >= 18)
    }

    @Test("frames that are dark, too small, blurred or of two people are refused with the reason")
    func advice() throws {
        let aligner = try FaceAligner()
        let frames = try faces(2)
        func advice(_ frame: GrayImage) -> String? {
            do {
                _ = try aligner.align(frame)
                return nil
            } catch {
                return error.advice
            }
        }
        func count(_ prefix: String, _ change: (GrayImage) throws -> GrayImage) rethrows -> Int {
            try frames.count { try advice(change($0))?.hasPrefix(prefix) == true }
        }
        #expect(frames.count { advice($0) == nil } >= 19)
        // A tenth of the grey is a hundred and fiftieth of the light.
        #expect(
            try frames.count { frame in
                try advice(Pictures.make(frame.width, frame.height) { Int(frame.pixels[$1 * frame.width + $0]) / 10 })
                    != nil
            } == 20
        )
        #expect(
            try count("too far away: face ") { frame in
                try Pictures.view(frame, 52, 64, by: Similarity(a: 1.75, b: 0, shiftX: 0, shiftY: 0))
            } >= 19
        )
        #expect(
            try count("not sharp: ") { frame in
                let small = try Pictures.view(frame, 23, 28, by: Similarity(a: 4, b: 0, shiftX: 1.5, shiftY: 1.5))
                return try Pictures.view(
                    small,
                    92,
                    112,
                    by: Similarity(a: 0.25, b: 0, shiftX: -0.375, shiftY: -0.375)
                )
            } >= 17
        )
        // Two different people side by side.
        let pairs = try zip(frames, frames.dropFirst()).map { left, right in
            try Pictures.make(320, 160) { x, y in
                let frame = x < 160 ? left : right
                let (i, j) = (x % 160 - 34, y - 24)
                return 0..<92 ~= i && 0..<112 ~= j ? Int(frame.pixels[j * 92 + i]) : 118
            }
        }
        #expect(pairs.count { advice($0)?.hasPrefix("somebody stands beside you") == true } >= 17)
        // Nobody: a face upside down.
        #expect(
            try count("no ") { frame in
                try Pictures.view(frame, 92, 112, by: Similarity(a: -1, b: 0, shiftX: 91, shiftY: 111))
            } >= 18
        )
    }

    @Test("the boxes are those of OpenCV's own detector")
    func agreesWithOpenCV() throws {
        let url = try #require(
            Bundle.module.url(forResource: "opencv-boxes", withExtension: "json", subdirectory: "Vectors")
        )
        /// Per subject: x, y and side of OpenCV's box in the frame.
        let expected = try JSONDecoder().decode([[Double]].self, from: Data(contentsOf: url))
        let detector = FaceDetector(cascade: try Cascade(contentsOf: FaceAligner.packagedCascade))
        for (box, frame) in zip(expected, try faces(1)) {
            let face = try #require(detector.faces(in: frame).first)
            #expect((face.width - box[2]).magnitude < 0.06 * box[2])
            #expect((face.centre.x - box[0] - box[2] / 2).magnitude < 0.04 * box[2])
            #expect((face.centre.y - box[1] - box[2] / 2).magnitude < 0.04 * box[2])
        }
    }

    @Test("with a stock network, half of the people have an equal error rate below 1.5 %, and every face is acquired")
    func equalErrorRate() throws {
        let preparation = FramePreparation.raw(try FaceAligner())
        let report = try Shared.extracting("data/lfw112.tar", "lfw112/A[a-d]*") { calibration in
            let output = "\(calibration)/face.semblance-model"
            var options = ImportOptions(
                onnx: Shared.path("models/mobilefacenet-relu6.onnx"),
                calibration: calibration,
                output: output,
                name: "MobileFaceNet",
                modality: "face"
            )
            options.mean = 127
            options.scale = 128
            options.maximumImages = 40
            options.preprocessing.alignment = .face112
            _ = try ModelCommands.importModel(options)
            let model = try EmbeddingModel.load(contentsOf: output)
            #expect(model.preprocessing.alignment == .face112)
            return try Shared.extracting("data/orl.tar", "orl/s1?/[1-5].pgm") { folder in
                let images = (10...19).flatMap { person in
                    (1...5).map { (person, "\(folder)/orl/s\(person)/\($0).pgm") }
                }
                let pairs = images.indices.flatMap { first in
                    images[..<first].map { second in
                        ImagePair(
                            first: images[first].1,
                            second: second.1,
                            isGenuine: images[first].0 == second.0
                        )
                    }
                }
                return try ModelCommands.calibrate(
                    model,
                    on: ModelCommands.evaluationSet(pairs: pairs),
                    preparation: preparation,
                    falseMatchRates: [0.01]
                ) { _, _ in }.1
            }
        }
        #expect(report.images == 50 && report.failuresToAcquire.count <= 1)
        #expect(report.equalErrorRate < 0.015)
    }
}
