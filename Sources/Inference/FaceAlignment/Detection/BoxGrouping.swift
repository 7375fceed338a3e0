/// Groups overlapping detections, as OpenCV's `groupRectangles` does.
enum BoxGrouping {
    /// How far edges may differ, as a part of the side.
    static let tolerance = 0.2

    /// The mean of each group of more than `minimumSupport` windows, without those that lie inside a better one.
    static func group(_ boxes: [FaceBox], minimumSupport: Int) -> [FaceBox] {
        let means = classes(boxes).map(mean).filter { $0.support > minimumSupport }
        return means.enumerated().filter { index, box in
            !means.enumerated().contains { other, outer in
                let margin = outer.side * tolerance
                return other != index && box.x >= outer.x - margin && box.y >= outer.y - margin
                    && box.right <= outer.right + margin && box.bottom <= outer.bottom + margin
                    && (outer.support > max(3, box.support) || box.support < 3)
            }
        }.map(\.element)
    }

    /// The classes of the transitive closure of similarity.
    private static func classes(_ boxes: [FaceBox]) -> [[FaceBox]] {
        var parents = Array(boxes.indices)
        func root(_ index: Int) -> Int {
            var index = index
            while parents[index] != index {
                parents[index] = parents[parents[index]]
                index = parents[index]
            }
            return index
        }
        for first in boxes.indices {
            for second in boxes.indices where second < first && areSimilar(boxes[first], boxes[second]) {
                parents[root(first)] = root(second)
            }
        }
        return Dictionary(grouping: boxes.indices, by: root).sorted { $0.key < $1.key }
            .map { $0.value.map { boxes[$0] } }
    }

    private static func areSimilar(_ first: FaceBox, _ second: FaceBox) -> Bool {
        let delta = tolerance * min(first.side, second.side)
        return (first.x - second.x).magnitude <= delta && (first.y - second.y).magnitude <= delta
            && (first.right - second.right).magnitude <= delta && (first.bottom - second.bottom).magnitude <= delta
    }

    private static func mean(_ boxes: [FaceBox]) -> FaceBox {
        let count = Double(boxes.count)
        return FaceBox(
            x: boxes.reduce(0) { $0 + $1.x } / count,
            y: boxes.reduce(0) { $0 + $1.y } / count,
            side: boxes.reduce(0) { $0 + $1.side } / count,
            support: boxes.reduce(0) { $0 + $1.support }
        )
    }
}

/// A square in which a detector has seen a face, in pixels of the frame.
struct FaceBox: Hashable, Sendable {
    var x: Double
    var y: Double
    var side: Double
    /// How many windows agreed on it.
    var support: Int

    var right: Double { x + side }
    var bottom: Double { y + side }
}
