import Imaging

/// Looks for faces with a cascade at every place and size, as OpenCV's `detectMultiScale` does: the frame shrinks, the
/// window stays.
struct CascadeScan {
    /// From one size to the next.
    static let sizeStep = 1.1
    /// Frames of more windows that look like faces are not frames of faces.
    static let maximumWindows = 4000

    /// The cascade, laid out for one row length of the integral image.
    private struct Layout {
        struct Node {
            var left: Int32
            var right: Int32
            var feature: Int32
            var threshold: Float
        }

        struct Tree {
            var node: Int32
            var leaf: Int32
        }

        struct Stage {
            var trees: Range<Int>
            var threshold: Float
        }

        /// Corners of a rectangle, relative to the window's first entry: top left, top right, bottom left, bottom right.
        struct Rectangle {
            var corners: (Int32, Int32, Int32, Int32)
            var weight: Float
        }

        var stages: [Stage] = []
        var trees: [Tree] = []
        var nodes: [Node] = []
        var leaves: [Float] = []
        /// Three of each feature; the third may have no weight.
        var rectangles: [Rectangle] = []

        init(_ cascade: Cascade, rowLength: Int) {
            for stage in cascade.stages {
                let first = trees.count
                for tree in stage.trees {
                    trees.append(Tree(node: Int32(nodes.count), leaf: Int32(leaves.count)))
                    for node in tree.nodes {
                        nodes.append(
                            Node(
                                left: Int32(node.left),
                                right: Int32(node.right),
                                feature: Int32(3 * node.feature),
                                threshold: node.threshold
                            )
                        )
                    }
                    leaves += tree.leaves
                }
                stages.append(Stage(trees: first..<trees.count, threshold: stage.threshold))
            }
            for feature in cascade.features {
                for index in 0..<3 {
                    let rectangle =
                        index < feature.count
                        ? feature[index] : Cascade.Rectangle(x: 0, y: 0, width: 0, height: 0, weight: 0)
                    let top = rectangle.y * rowLength + rectangle.x
                    let bottom = top + rectangle.height * rowLength
                    rectangles.append(
                        Rectangle(
                            corners: (
                                Int32(top), Int32(top + rectangle.width), Int32(bottom),
                                Int32(bottom + rectangle.width)
                            ),
                            weight: rectangle.weight
                        )
                    )
                }
            }
        }
    }

    let cascade: Cascade

    /// Windows that pass every stage, with sides between the least and the frame's.
    func windows(in frame: GrayImage, minimumSide: Double) -> [FaceBox] {
        var found: [FaceBox] = []
        var factor = 1.0
        while true {
            defer { factor *= Self.sizeStep }
            let side = (Double(cascade.width) * factor).rounded()
            guard side <= Double(frame.width), side <= Double(frame.height) else { break }
            guard side >= minimumSide else { continue }
            scan(frame, factor: factor, side: side, into: &found)
            guard found.count < Self.maximumWindows else { break }
        }
        return found
    }

    private func scan(_ frame: GrayImage, factor: Double, side: Double, into found: inout [FaceBox]) {
        let width = Int((Double(frame.width) / factor).rounded())
        let height = Int((Double(frame.height) / factor).rounded())
        guard width > cascade.width, height > cascade.height else { return }
        let integral = IntegralImage(frame, width: width, height: height)
        let layout = Layout(cascade, rowLength: integral.rowLength)
        let step = factor >= 2 ? 1 : 2
        integral.sums.withUnsafeBufferPointer { sums in
            layout.rectangles.withUnsafeBufferPointer { rectangles in
                layout.nodes.withUnsafeBufferPointer { nodes in
                    for y in stride(from: 0, to: height - cascade.height, by: step) {
                        var x = 0
                        while x < width - cascade.width {
                            let start = y * integral.rowLength + x
                            let factorOfDeviation = integral.inverseDeviation(
                                x: x + 1,
                                y: y + 1,
                                width: cascade.width - 2,
                                height: cascade.height - 2
                            )
                            var failed: Int?
                            if let deviation = factorOfDeviation {
                                failed = Self.failingStage(layout, nodes, rectangles, sums, start, deviation)
                                if failed == nil, found.count < Self.maximumWindows {
                                    found.append(
                                        FaceBox(
                                            x: (Double(x) * factor).rounded(),
                                            y: (Double(y) * factor).rounded(),
                                            side: side,
                                            support: 1
                                        )
                                    )
                                }
                            }
                            // Where the first stage fails, so does its neighbour as a rule.
                            x += failed == 0 ? 2 * step : step
                        }
                    }
                }
            }
        }
    }

    /// The first stage that the window at `start` does not pass, nil if it passes all. Every index was checked when the
    /// cascade was read.
    @inline(__always)
    private static func failingStage(
        _ layout: Layout,
        _ nodes: UnsafeBufferPointer<Layout.Node>,
        _ rectangles: UnsafeBufferPointer<Layout.Rectangle>,
        _ sums: UnsafeBufferPointer<Int32>,
        _ start: Int,
        _ inverseDeviation: Float
    ) -> Int? {
        for (index, stage) in layout.stages.enumerated() {
            var sum: Float = 0
            for tree in layout.trees[stage.trees] {
                var child: Int32 = 0
                repeat {
                    let node = nodes[Int(tree.node + child)]
                    var value: Float = 0
                    for part in 0..<3 {
                        let rectangle = rectangles[Int(node.feature) + part]
                        let (a, b, c, d) = rectangle.corners
                        let total =
                            sums[start + Int(a)] &- sums[start + Int(b)] &- sums[start + Int(c)]
                            &+ sums[start + Int(d)]
                        value += rectangle.weight * Float(total)
                    }
                    child = value * inverseDeviation < node.threshold ? node.left : node.right
                } while child > 0
                sum += layout.leaves[Int(tree.leaf - child)]
            }
            if sum < stage.threshold { return index }
        }
        return nil
    }
}
