import AlignmentTestSupport
import Testing

@testable import FaceAlignment

@Suite("similarity transforms")
struct SimilarityTests {
    private func expectNear(_ left: (x: Double, y: Double), _ right: (x: Double, y: Double)) {
        #expect((left.x - right.x).magnitude < 1e-9 && (left.y - right.y).magnitude < 1e-9)
    }

    @Test("composition applies the inner transform first, and the inverse undoes")
    func composition() throws {
        let first = Similarity(a: 1.2, b: 0.5, shiftX: 3, shiftY: -7)
        let second = Similarity(a: 0.4, b: -0.9, shiftX: -2, shiftY: 11)
        let inner = first(5, 8)
        expectNear(second.after(first)(5, 8), second(inner.x, inner.y))
        let inverse = try #require(first.inverse)
        expectNear(inverse(inner.x, inner.y), (5, 8))
        expectNear(first.after(.identity)(1, 2), first(1, 2))
        #expect(Similarity(a: 0, b: 0, shiftX: 1, shiftY: 1).inverse == nil)
        #expect(Similarity(a: .infinity, b: 0, shiftX: 1, shiftY: 1).inverse == nil)
    }

    @Test("a turn about a point leaves the point where it is; clockwise is positive")
    func turning() {
        let turn = Similarity(a: 0, b: 2, about: (10, 20), shiftX: 0, shiftY: 0)
        expectNear(turn(10, 20), (10, 20))
        expectNear(turn(11, 20), (10, 22))
        #expect(turn.angle == 90)
        #expect(turn.scale == 2)
    }

    @Test("the median forgets one placement that went astray")
    func median() throws {
        let near = (0..<4).map { Similarity(a: 1 + 0.001 * Double($0), b: 0, shiftX: 5, shiftY: 6) }
        let median = try #require(Similarity.median(near + [Similarity(a: 9, b: 9, shiftX: 900, shiftY: -900)]))
        #expect(median.distance(to: near[1]) < 0.5)
        #expect(Similarity.median([]) == nil)
        #expect(near[0].distance(to: near[0]) == 0)
        let aside = Similarity(a: 1, b: 0, shiftX: 8, shiftY: 10)
        #expect((aside.distance(to: near[0]) - 5).magnitude < 1e-9)
    }
}

@Suite("sampling of frames")
struct FrameSamplerTests {
    @Test("the identity gives the frame, outside it the border's greys")
    func identity() throws {
        let frame = try Pictures.noise(20, 10, seed: 1)
        #expect(try Pictures.view(frame, 20, 10, by: .identity) == frame)
        let wide = try Pictures.view(frame, 30, 10, by: Similarity(a: 1, b: 0, shiftX: -5, shiftY: 0))
        for y in 0..<10 {
            #expect(wide.pixels[y * 30] == frame.pixels[y * 20])
            #expect(wide.pixels[y * 30 + 29] == frame.pixels[y * 20 + 19])
            #expect(wide.pixels[y * 30 + 9] == frame.pixels[y * 20 + 4])
        }
    }

    @Test("between pixels it is linear, and a quarter turn moves rows to columns")
    func linear() throws {
        let ramp = try Pictures.make(16, 16) { x, y in 10 * x + y }
        let half = try Pictures.view(ramp, 8, 8, by: Similarity(a: 1, b: 0, shiftX: 0.5, shiftY: 2))
        #expect(half.pixels[0] == 7 && half.pixels[9] == 18)
        let turned = try Pictures.view(ramp, 16, 16, by: Similarity(a: 0, b: 1, shiftX: 15, shiftY: 0))
        #expect(turned.pixels[0] == 150 && turned.pixels[16] == 140 && turned.pixels[1] == 151)
    }

    @Test("where the frame is finer, greys are averaged")
    func average() throws {
        let stripes = try Pictures.make(64, 64) { x, _ in x % 2 == 0 ? 0 : 200 }
        let small = try Pictures.view(stripes, 14, 14, by: Similarity(a: 4, b: 0, shiftX: 4.5, shiftY: 4.5))
        #expect(small.pixels.allSatisfy { 90...110 ~= $0 })
    }

    @Test("no transform and no size makes it trap")
    func totality() throws {
        let transforms = [0, 1e-300, 1e12, .infinity, -.infinity, .nan].flatMap { (value: Double) in
            [
                Similarity(a: value, b: 0, shiftX: 0, shiftY: 0), Similarity(a: 1, b: value, shiftX: 0, shiftY: 0),
                Similarity(a: 1, b: 0, shiftX: value, shiftY: -value),
            ]
        }
        for (width, height) in [(1, 1), (1, 700), (3000, 2)] {
            let frame = try Pictures.noise(width, height, seed: 3)
            for transform in transforms { _ = try Pictures.view(frame, 5, 5, by: transform) }
        }
    }
}

@Suite("gradient histograms")
struct OrientationHistogramTests {
    private let side = OrientationHistogram.side

    @Test("light and contrast drop out, a flat square has none")
    func invariance() throws {
        let greys = try Pictures.noise(side, side, seed: 5).pixels.map { Float($0) }
        let features = OrientationHistogram.features(greys)
        #expect(features.count == OrientationHistogram.count)
        let other = OrientationHistogram.features(greys.map { 0.5 * $0 + 40 })
        #expect(zip(features, other).allSatisfy { ($0 - $1).magnitude < 1e-3 })
        let flat = OrientationHistogram.features([Float](repeating: 77, count: side * side))
        #expect(flat.allSatisfy { $0 == 0 })
    }

    @Test("a ramp has the direction in which it rises", arguments: [(1, 0, 0), (1, 1, 1), (0, 1, 2), (-1, 0, 4)])
    func direction(_ x: Int, _ y: Int, _ direction: Int) {
        let greys = (0..<side * side).map { Float(x * ($0 % side) + y * ($0 / side)) }
        let middle = 24 * 32
        let block = OrientationHistogram.features(greys)[middle..<middle + 8]
        let strongest = block.indices.max { block[$0] < block[$1] }
        #expect(strongest == middle + direction)
    }

    @Test("the shipped regressor decodes; cut, longer or altered bytes of its head do not")
    func regressor() throws {
        let bytes = PackageResources.face112_regressor
        let shipped = try #require(PlacementRegressor(decoding: bytes))
        #expect(shipped.steps.count == 4)
        #expect(PlacementRegressor(decoding: Array(bytes.dropLast())) == nil)
        #expect(PlacementRegressor(decoding: bytes + [0]) == nil)
        #expect(PlacementRegressor(decoding: []) == nil)
        for index in 0..<11 {
            var mutant = bytes
            mutant[index] ^= 1
            #expect(PlacementRegressor(decoding: mutant) == nil)
        }
    }
}
