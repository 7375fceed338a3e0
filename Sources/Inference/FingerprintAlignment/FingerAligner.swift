import Imaging
import IntegerNetwork
import Models

/// Brings the finger of a frame onto the crop of ``Alignment/finger128``: averages it to 250 dots per inch, makes its local
/// contrast even, and cuts where a localiser finds it. The same as training/fingerprint/frame.py.
public struct FingerAligner: FrameAligner {
    /// Where `make install` puts the localiser.
    public static let packagedLocaliser = "/usr/share/semblance/finger-localiser.semblance-model"
    /// The resolution that FBI and FVC ask for, which most readers have.
    public static let usualDotsPerInch = 500
    /// Coarser readers do not resolve the ridges.
    public static let resolutions = 250...2000

    /// Why there is no aligner.
    public enum SetupError: Error, Hashable, Sendable, CustomStringConvertible {
        case localiserUnreadable(path: String)
        case localiserUnusable(path: String)
        case resolutionOutOfRange(Int)

        public var description: String {
            switch self {
            case .localiserUnreadable(let path): "cannot read \(path), the localiser that make install installs"
            case .localiserUnusable(let path): "\(path) is no localiser of fingers"
            case .resolutionOutOfRange(let value):
                "\(value) dots per inch: a reader has \(resolutions.lowerBound) to \(resolutions.upperBound)"
            }
        }
    }

    /// A finger on the crop.
    public struct AlignedFinger: Sendable {
        public var pose: FingerPose
        /// 128 x 128.
        public var crop: GrayImage
        public var measures: FingerMeasures
    }

    /// A picture of more samples along a side, 52 mm, is not of one finger.
    private static let maximumSide = 512

    private let localiser: FingerLocaliser
    private let dotsPerInch: Int

    /// - Parameters:
    ///   - path: a model file whose network is a localiser.
    ///   - dotsPerInch: of all frames that do not come with theirs.
    public init(
        localiser path: String = packagedLocaliser,
        dotsPerInch: Int = usualDotsPerInch
    ) throws(SetupError) {
        guard Self.resolutions ~= dotsPerInch else { throw .resolutionOutOfRange(dotsPerInch) }
        let network: IntegerNetwork
        do {
            network = try EmbeddingModel.network(contentsOf: path)
        } catch {
            if case .unreadable = error { throw .localiserUnreadable(path: path) }
            throw .localiserUnusable(path: path)
        }
        guard let localiser = FingerLocaliser(network) else { throw .localiserUnusable(path: path) }
        self.localiser = localiser
        self.dotsPerInch = dotsPerInch
    }

    public var alignment: Alignment { .finger128 }

    public func align(_ frame: GrayImage) throws(FrameRefusal) -> AlignedFrame { try align(frame, dotsPerInch: nil) }

    public func align(_ frame: GrayImage, dotsPerInch: Int?) throws(FrameRefusal) -> AlignedFrame {
        let finger = try alignedFinger(in: frame, dotsPerInch: dotsPerInch)
        if let advice = finger.measures.advice { throw FrameRefusal(advice: advice) }
        return AlignedFrame(image: finger.crop, quality: finger.measures.score)
    }

    /// The frame's finger, whatever its measures.
    public func alignedFinger(
        in picture: GrayImage,
        dotsPerInch resolution: Int? = nil
    ) throws(FrameRefusal) -> AlignedFinger {
        let dotsPerInch = resolution ?? self.dotsPerInch
        guard let raster = FingerRaster(picture, dotsPerInch: dotsPerInch, maximumSide: Self.maximumSide) else {
            throw FrameRefusal(
                advice:
                    "\(picture.width) x \(picture.height) pixels at \(dotsPerInch) dots per inch are no picture of a finger"
            )
        }
        let frame = FingerFrame(raster)
        let evened = frame.evened
        guard let pose = localiser.pose(of: evened),
            let crop = GrayImage(
                width: FingerCrop.side,
                height: FingerCrop.side,
                pixels: FingerCrop.cut(evened, at: pose)
            )
        else { throw FrameRefusal(advice: "no finger seen") }
        let pitch = 25.4 / Double(dotsPerInch)
        let view = Double(picture.width * picture.height) * pitch * pitch
        return AlignedFinger(
            pose: pose,
            crop: crop,
            measures: FingerMeasures(frame, evened: evened, pose: pose, view: view)
        )
    }
}
