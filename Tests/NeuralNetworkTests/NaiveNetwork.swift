@testable import IntegerNetwork
@testable import Models

/// The arithmetic of docs/quantisation.md spelled out position by position in 64 bits: the oracle for the fast kernels.
enum NaiveNetwork {
    struct Trace {
        var blocks: [[Int]]
        var accumulators: [[Int]]
        var quotients: [[Int]]
        var remainders: [[Int]]
    }

    static func run(_ network: IntegerNetwork, pixels: [UInt8]) -> Trace {
        var trace = Trace(blocks: [pixels.map { Int($0) - 128 }], accumulators: [], quotients: [], remainders: [])
        let divisor = 1 << network.shift
        for layer in network.layers {
            var accumulators: [Int] = []
            for o in 0..<layer.output.channels {
                for y in 0..<layer.output.height {
                    for x in 0..<layer.output.width {
                        var sum = Int(layer.bias[o])
                        for term in layer.terms {
                            sum += Self.convolve(term, network: network, blocks: trace.blocks, o: o, y: y, x: x)
                        }
                        accumulators.append(sum)
                    }
                }
            }
            var quotients: [Int] = []
            var remainders: [Int] = []
            var outputs: [Int] = []
            for accumulator in accumulators {
                // The centred remainder, found by search among representatives.
                var remainder = accumulator % divisor
                while remainder < -divisor / 2 { remainder += divisor }
                while remainder >= divisor / 2 { remainder -= divisor }
                let quotient = (accumulator - remainder) / divisor
                quotients.append(quotient)
                remainders.append(remainder)
                outputs.append(Self.activate(network.tables[layer.table], quotient))
            }
            trace.accumulators.append(accumulators)
            trace.quotients.append(quotients)
            trace.remainders.append(remainders)
            trace.blocks.append(outputs)
        }
        return trace
    }

    private static func convolve(
        _ term: LinearTerm,
        network: IntegerNetwork,
        blocks: [[Int]],
        o: Int,
        y: Int,
        x: Int
    ) -> Int {
        let shape = network.shape(ofBlock: term.sources[0].block)
        var sum = 0
        for c in term.kind == .depthwise ? o..<o + 1 : 0..<shape.channels {
            for i in 0..<term.kernelHeight {
                for j in 0..<term.kernelWidth {
                    let row = y * term.strideY + i - term.padTop
                    let column = x * term.strideX + j - term.padLeft
                    guard 0..<shape.height ~= row, 0..<shape.width ~= column else { continue }
                    var value = 0
                    for source in term.sources {
                        let z = blocks[source.block][(c * shape.height + row) * shape.width + column]
                        value += source.column == .positivePart && z < 0 ? 0 : z
                    }
                    let channel = term.kind == .depthwise ? o : o * shape.channels + c
                    sum += value * Int(term.weights[(channel * term.kernelHeight + i) * term.kernelWidth + j])
                }
            }
        }
        return sum
    }

    private static func activate(_ table: ActivationTable, _ q: Int) -> Int {
        switch table {
        case .clip(let lower, let upper):
            return q < lower ? lower : q > upper ? upper : q
        case .quadratic(let a, let b, let shift, let lower, let upper):
            return Self.round(a * q * q + b * q, shift, lower, upper)
        case .gate(let a, let b, let c, let shift, let lower, let upper):
            let opening = q < -b ? 0 : q > c - b ? c : q + b
            return Self.round(a * q * opening, shift, lower, upper)
        }
    }

    /// Rounded half up: floor division of a value that fits 64 bits in these tests.
    private static func round(_ product: Int, _ shift: Int, _ lower: Int, _ upper: Int) -> Int {
        let numerator = product + (1 << (shift - 1))
        let divisor = 1 << shift
        let floor = numerator >= 0 ? numerator / divisor : -((-numerator + divisor - 1) / divisor)
        return floor < lower ? lower : floor > upper ? upper : floor
    }
}
