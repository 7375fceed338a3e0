/// All values of one run, block by block: the witness of a proof.
public struct NetworkTrace: Sendable {
    /// Blocks 0 (input) to layer count; entries -128...255.
    public let blocks: [[Int16]]
    /// acc of each layer, indexed like its output block.
    public let accumulators: [[Int32]]
    public let shift: Int

    /// floor((acc + 2^(s-1)) / 2^s).
    public func quotients(ofLayer index: Int) -> [Int32] {
        let half = Int32(1) << Int32(self.shift - 1)
        return self.accumulators[index].map { ($0 &+ half) >> Int32(self.shift) }
    }

    /// acc - q 2^s, in -2^(s-1)..<2^(s-1).
    public func remainders(ofLayer index: Int) -> [Int32] {
        let half = Int32(1) << Int32(self.shift - 1)
        return self.accumulators[index].map { (($0 &+ half) & ((1 << Int32(self.shift)) &- 1)) &- half }
    }
}
