import Commitments

/// Tensors whose sides are padded to powers of two with zeros.
enum PaddedTensor {
    /// Copies a tensor of four sides, the last index running fastest, to `offset` of a zeroed array.
    static func copy(_ tensor: [some BinaryInteger], sides: [Int], at offset: Int, to values: inout [Int32]) {
        let line = sides[3]
        let lines = sides[0] * sides[1] * sides[2]
        for index in 0..<lines {
            let (o, c, i) = (index / (sides[1] * sides[2]), index / sides[2] % sides[1], index % sides[2])
            var position = o
            position = position << ceilLog2(sides[1]) + c
            position = position << ceilLog2(sides[2]) + i
            let start = offset + position << ceilLog2(line)
            for j in 0..<line { values[start + j] = Int32(tensor[index * line + j]) }
        }
    }
}
