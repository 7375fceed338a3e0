import AlignmentTestSupport
import Foundation
import Testing

@testable import FaceAlignment

@Suite("cascade files")
struct CascadeFileTests {
    /// One stage of one tree: bright above dark, over a window of 8 x 8.
    static let text = """
        <?xml version="1.0"?>
        <!-- a comment with <tags> -->
        <opencv_storage>
        <cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType>
          <featureType>HAAR</featureType>
          <height>8</height>
          <width>8</width>
          <stages><_><maxWeakCount>1</maxWeakCount><stageThreshold>0.5</stageThreshold>
            <weakClassifiers><_>
              <internalNodes>
                0 1 0 8.0000000000000004e-01 -1 -2 1 1.</internalNodes>
              <leafValues>
                0. 0.25 1.</leafValues></_></weakClassifiers></_></stages>
          <features>
            <_><rects><_>0 0 8 8 -1.</_><_>0 0 8 4 2.</_></rects></_>
            <_><rects><_>0 0 8 4 1.</_><_>0 4 8 4 -1.</_></rects></_></features></cascade>
        </opencv_storage>
        """

    private func cascade(_ change: (String, String)? = nil) throws -> Cascade {
        var text = Self.text
        if let change {
            try #require(text.contains(change.0))
            text = text.replacingOccurrences(of: change.0, with: change.1)
        }
        return try Cascade(decoding: Array(text.utf8))
    }

    @Test("stages, trees and features are read")
    func reading() throws {
        let cascade = try cascade()
        #expect(cascade.width == 8 && cascade.height == 8)
        #expect(cascade.stages.count == 1 && (cascade.stages[0].threshold - 0.49999).magnitude < 1e-6)
        let tree = cascade.stages[0].trees[0]
        #expect(tree.nodes.map(\.left) == [0, -1] && tree.nodes.map(\.right) == [1, -2])
        #expect(tree.nodes.map(\.feature) == [0, 1] && tree.nodes[0].threshold == 0.8)
        #expect(tree.leaves == [0, 0.25, 1])
        #expect(cascade.features[0][1] == Cascade.Rectangle(x: 0, y: 0, width: 8, height: 4, weight: 2))
    }

    @Test(
        "what a scan could not follow is refused",
        arguments: [
            ("<height>8</height>", "<height>7</height>"), ("<height>8</height>", ""),
            ("<width>8</width>", "<width>1e9</width>"), ("0 1 0 8", "0 2 0 8"),
            ("0 1 0 8", "-3 1 0 8"), ("0 1 0 8", "0 1 2 8"), ("0 1 0 8", "0 1 -1 8"), ("0 1 0 8", "0 0.5 0 8"),
            ("0 1 0 8", "-9223372036854775808 1 0 8"), ("-1 -2 1 1.", "1 -2 1 1."), ("-1 -2 1 1.", "-1 -2 1"),
            ("-1 -2 1 1.", "-1 -2 1 nan"), ("0. 0.25 1.", "0. 0.25"), ("0. 0.25 1.", "0. 0.25 inf"),
            ("0 0 8 4 2.", "1 0 8 4 2."), ("0 0 8 4 2.", "0 -1 8 4 2."), ("0 0 8 4 2.", "0 0 8 0 2."),
            ("0 0 8 4 2.", "0 0 8 4 2e9"), ("0 0 8 4 2.", "0 0 9223372036854775807 4 2."), ("<stages>", "<stage>"),
            ("0.5</stageThreshold>", "</stageThreshold>"), ("</opencv_storage>", ""), ("a comment", "--> a"),
            ("BOOST", "&amp;"), ("<opencv_storage>", "<!DOCTYPE x><opencv_storage>"),
        ]
    )
    func refusals(_ from: String, _ to: String) {
        #expect(throws: Cascade.FileError.malformed) { try cascade((from, to)) }
    }

    @Test("other features than upright rectangles are named")
    func features() {
        #expect(throws: Cascade.FileError.unsupportedFeatures) { try cascade(("HAAR", "LBP")) }
        #expect(throws: Cascade.FileError.unsupportedFeatures) {
            try cascade(("<_><rects><_>0 0 8 4 1.", "<_><tilted>1</tilted><rects><_>0 0 8 4 1."))
        }
        #expect(throws: Cascade.FileError.unreadable) { try Cascade(contentsOf: "/nonexistent/cascade.xml") }
        #expect(throws: FaceAligner.SetupError.cascadeUnusable(path: "/etc/hostname")) {
            try FaceAligner(cascade: "/etc/hostname")
        }
    }

    @Test("damaged bytes never trap")
    func damage() {
        var state: UInt64 = 11
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for _ in 0..<3000 {
            var bytes = Array(Self.text.utf8)
            for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(32 + random(96)) }
            if random(4) == 0 { bytes.removeLast(random(bytes.count)) }
            _ = try? Cascade(decoding: bytes)
        }
        #expect(throws: Cascade.FileError.malformed) { try Cascade(decoding: []) }
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(throws: Cascade.FileError.malformed) { try Cascade(decoding: Array(deep.utf8)) }
    }

    @Test("a scan finds the pattern where and as large as it is")
    func scan() throws {
        let frame = try Pictures.make(120, 90) { x, y in
            guard 40..<72 ~= x, 20..<52 ~= y else { return 100 + (x * 7 + y * 13) % 5 }
            return y < 36 ? 220 : 20
        }
        let windows = CascadeScan(cascade: try cascade()).windows(in: frame, minimumSide: 24)
        let best = try #require(BoxGrouping.group(windows, minimumSupport: 0).max { $0.support < $1.support })
        #expect((best.x + best.side / 2 - 56).magnitude < 8)
        #expect((best.y + best.side / 2 - 36).magnitude < 4)
        #expect(CascadeScan(cascade: try cascade()).windows(in: frame, minimumSide: 91).isEmpty)
    }

    @Test("boxes of one face become their mean, a box inside a better one goes")
    func grouping() {
        func box(_ x: Double, _ y: Double, _ side: Double) -> FaceBox { FaceBox(x: x, y: y, side: side, support: 1) }
        let face = [box(10, 10, 50), box(12, 10, 50), box(11, 13, 50), box(11, 11, 54)]
        let groups = BoxGrouping.group(face + [box(300, 10, 40)], minimumSupport: 1)
        #expect(groups == [FaceBox(x: 11, y: 11, side: 51, support: 4)])
        let inner = [box(25, 25, 20), box(25, 26, 20)]
        #expect(BoxGrouping.group(face + inner, minimumSupport: 1).count == 1)
        #expect(BoxGrouping.group([], minimumSupport: 0).isEmpty)
    }
}
