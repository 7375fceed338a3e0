import IntegerNetwork

extension Cascade {
    /// Why a cascade file was refused.
    enum FileError: Error, Hashable {
        case unreadable
        case malformed
        /// Local binary patterns or tilted rectangles, which no face cascade in use here has.
        case unsupportedFeatures
    }

    static let maximumBytes = 8 << 20

    /// Reads a file in the format of OpenCV's `CascadeClassifier`.
    init(contentsOf path: String) throws(FileError) {
        let bytes: [UInt8]
        do {
            bytes = try FileAccess.read(path, maximumBytes: Self.maximumBytes)
        } catch {
            throw error == .tooLarge ? .malformed : .unreadable
        }
        try self.init(decoding: bytes)
    }

    init(decoding bytes: [UInt8]) throws(FileError) {
        guard bytes.count <= Self.maximumBytes, let root = MarkupReader.read(bytes), let cascade = root["cascade"],
            let width = cascade["width"]?.integer, let height = cascade["height"]?.integer,
            let stages = cascade["stages"], let features = cascade["features"]
        else { throw .malformed }
        guard cascade["featureType"]?.text == "HAAR",
            features.children.allSatisfy({ ($0["tilted"]?.integer ?? 0) == 0 })
        else { throw .unsupportedFeatures }
        let read = Cascade(
            width: width,
            height: height,
            stages: try stages.children.map(Self.stage),
            features: try features.children.map(Self.feature)
        )
        guard let read else { throw .malformed }
        self = read
    }

    private static func stage(_ element: MarkupReader.Element) throws(FileError) -> Stage {
        guard let threshold = element["stageThreshold"]?.numbers, threshold.count == 1,
            let trees = element["weakClassifiers"]
        else { throw .malformed }
        // OpenCV's allowance for sums that were rounded another way in training.
        return Stage(threshold: Float(threshold[0]) - 1e-5, trees: try trees.children.map(Self.tree))
    }

    private static func tree(_ element: MarkupReader.Element) throws(FileError) -> Tree {
        guard let nodes = element["internalNodes"]?.numbers, nodes.count.isMultiple(of: 4),
            let leaves = element["leafValues"]?.numbers
        else { throw .malformed }
        return Tree(
            nodes: try stride(from: 0, to: nodes.count, by: 4).map { start throws(FileError) in
                guard let left = Int(exactly: nodes[start]), let right = Int(exactly: nodes[start + 1]),
                    let feature = Int(exactly: nodes[start + 2])
                else { throw .malformed }
                return Node(left: left, right: right, feature: feature, threshold: Float(nodes[start + 3]))
            },
            leaves: leaves.map { Float($0) }
        )
    }

    private static func feature(_ element: MarkupReader.Element) throws(FileError) -> [Rectangle] {
        guard let rectangles = element["rects"] else { throw .malformed }
        return try rectangles.children.map { child throws(FileError) in
            guard let numbers = child.numbers, numbers.count == 5, let x = Int(exactly: numbers[0]),
                let y = Int(exactly: numbers[1]), let width = Int(exactly: numbers[2]),
                let height = Int(exactly: numbers[3])
            else { throw .malformed }
            return Rectangle(x: x, y: y, width: width, height: height, weight: Float(numbers[4]))
        }
    }
}

extension Cascade.FileError: CustomStringConvertible {
    var description: String {
        switch self {
        case .unreadable: "the file cannot be read"
        case .malformed: "the file is no cascade of OpenCV's"
        case .unsupportedFeatures: "the cascade has other features than upright Haar ones"
        }
    }
}
