import Imaging
import Sodium

/// The frames that recent challenges have seen, as hashes: a live sensor never gives the same frame twice.
struct FrameHistory {
    /// Challenges beyond the most recent ones are forgotten; they have expired by then.
    static let maximumChallenges = 64

    private var challenges: [(key: [UInt8], frames: Set<[UInt8]>)] = []

    /// Notes the frame; false when the same challenge (or set of challenges), which `key` stands for, has seen a
    /// bit-identical one before.
    mutating func add(_ image: GrayImage, challenge key: [UInt8]) -> Bool {
        var content: [UInt8] = []
        for side in [image.width, image.height] {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: side).littleEndian) { content.append(contentsOf: $0) }
        }
        content += image.pixels
        defer { SecretBytes.zero(&content) }
        let hash = Hash.blake2b(content)
        if let index = challenges.firstIndex(where: { $0.key == key }) {
            return challenges[index].frames.insert(hash).inserted
        }
        challenges.append((key, [hash]))
        if challenges.count > Self.maximumChallenges { challenges.removeFirst() }
        return true
    }
}
