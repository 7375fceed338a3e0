/// A boosted cascade of trees over Haar features, as OpenCV trains and Debian's opencv-data packages them.
///
/// Every index is checked once, on reading: a scan follows them without looking.
struct Cascade: Sendable {
    /// A weighted sum of pixels over a rectangle of the window.
    struct Rectangle: Sendable, Hashable {
        var x: Int
        var y: Int
        var width: Int
        var height: Int
        var weight: Float
    }

    /// Goes left below the threshold. A positive child is a node of the same tree, any other names leaf `-child`.
    struct Node: Sendable, Hashable {
        var left: Int
        var right: Int
        var feature: Int
        var threshold: Float
    }

    struct Tree: Sendable, Hashable {
        var nodes: [Node]
        var leaves: [Float]
    }

    struct Stage: Sendable, Hashable {
        /// The least sum of the trees' leaves that goes on to the next stage.
        var threshold: Float
        var trees: [Tree]
    }

    /// Sides of the window in pixels.
    let width: Int
    let height: Int
    let stages: [Stage]
    /// Two or three rectangles each.
    let features: [[Rectangle]]

    static let sides = 8...64

    /// - Returns: nil where an index, a side or a number is out of its range, or a tree could loop.
    init?(width: Int, height: Int, stages: [Stage], features: [[Rectangle]]) {
        guard Self.sides ~= width, Self.sides ~= height, 1...100 ~= stages.count, 1...20_000 ~= features.count else {
            return nil
        }
        for feature in features {
            guard 2...3 ~= feature.count,
                feature.allSatisfy({ rectangle in
                    rectangle.x >= 0 && rectangle.y >= 0 && rectangle.width > 0 && rectangle.height > 0
                        && rectangle.width <= width - rectangle.x && rectangle.height <= height - rectangle.y
                        && rectangle.weight.magnitude <= 1000
                })
            else { return nil }
        }
        for stage in stages {
            guard stage.threshold.isFinite, 1...1000 ~= stage.trees.count else { return nil }
            for tree in stage.trees {
                guard 1...64 ~= tree.nodes.count, tree.leaves.count == tree.nodes.count + 1,
                    tree.leaves.allSatisfy(\.isFinite)
                else { return nil }
                for (index, node) in tree.nodes.enumerated() {
                    let children = [node.left, node.right]
                    guard node.threshold.isFinite, features.indices.contains(node.feature),
                        children.allSatisfy({ child in
                            // Children come after their parent, so that every path ends.
                            child > 0
                                ? child > index && child < tree.nodes.count : child > -tree.leaves.count
                        })
                    else { return nil }
                }
            }
        }
        self.width = width
        self.height = height
        self.stages = stages
        self.features = features
    }
}
