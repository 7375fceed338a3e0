import Devices
import Imaging
import Sodium

/// Judges frames by their light and by those before, in the order in which they come.
struct FrameWatch {
    enum Verdict: Equatable {
        case good
        /// The exposure has not settled, a lamp that flickers with the frames was off, or the driver gave a frame twice.
        case skipped
        /// It has been so for a while; the person can change that.
        case useless(CameraFault)
        case refused(CameraFault)
    }

    /// The light of infrared lamps that are off, a closed shutter's and a lid's.
    static let darkestMean = 10
    /// So many in a row are no start and no flicker. At 30 frames a second half a second.
    static let patience = 15
    /// Frames that an exposure may take to settle.
    static let longestSettling = 20
    static let leastSettling = 3
    /// More repetitions, over a longer time, than a driver that stutters makes.
    static let repetitions = 3
    static let stutter = Duration.milliseconds(500)

    private let isInfrared: Bool
    private var seen = 0
    private var useless = 0
    private var repeated = 0
    private var lastMean: Int?
    private var lastHash: [UInt8] = []
    private var lastNew = ContinuousClock.now
    private var isSettled = false

    init(isInfrared: Bool) { self.isInfrared = isInfrared }

    /// - Parameter isCovered: asked only where the picture is dark: whether the camera says that its shutter is closed.
    mutating func judge(
        _ picture: PictureLayout.Picture,
        _ memory: inout FrameMemory,
        isCovered: () -> Bool?
    ) -> Verdict {
        seen += 1
        let light = Light(picture.image)
        if picture.isGreen { return uselessFrame(.green) }
        if light.mean < Self.darkestMean {
            return uselessFrame(isCovered() == true ? .covered : isInfrared ? .unlit : .black)
        }
        useless = 0
        if let verdict = repetition(picture.image, &memory) { return verdict }
        return settling(light.mean)
    }

    private mutating func uselessFrame(_ fault: CameraFault) -> Verdict {
        useless += 1
        return useless >= Self.patience ? .useless(fault) : .skipped
    }

    private mutating func repetition(_ image: GrayImage, _ memory: inout FrameMemory) -> Verdict? {
        let hash = Hash.blake2b(image.pixels)
        let isFrozen = hash == lastHash
        lastHash = hash
        guard memory.add(hash) else {
            (repeated, lastNew) = (0, .now)
            return nil
        }
        repeated += 1
        guard repeated >= Self.repetitions, ContinuousClock.now - lastNew >= Self.stutter else { return .skipped }
        return .refused(isFrozen ? .frozen : .looped)
    }

    private mutating func settling(_ mean: Int) -> Verdict {
        defer { lastMean = mean }
        if isSettled { return .good }
        let isSteady = lastMean.map { (mean - $0).magnitude <= max(3, mean / 20) } ?? false
        isSettled = (seen >= Self.leastSettling && isSteady) || seen >= Self.longestSettling
        return isSettled ? .good : .skipped
    }

    /// The mean of every seventh pixel; seven divides no usual width, so that all columns are seen.
    private struct Light {
        let mean: Int

        init(_ image: GrayImage) {
            var (sum, count) = (0, 0)
            for index in stride(from: 0, to: image.pixels.count, by: 7) {
                sum += Int(image.pixels[index])
                count += 1
            }
            mean = sum / max(count, 1)
        }
    }
}
