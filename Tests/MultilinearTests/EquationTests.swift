import Bulletproofs
import Ristretto255
import Sodium
import Testing

@testable import Commitments
@testable import Multilinear

@Suite struct EquationTests {
    private static func scalar(_ value: Int) -> Scalar { Scalar(UInt64(value)) }

    /// Terms over all sets and over points of its own, and their sum as the plain formula has it.
    private static func equation(_ seed: Int, width: Int) -> (equation: Equation, value: RistrettoPoint) {
        let rows = RowGenerators.forWidth(256)
        let closing = BulletproofGenerators(capacity: 64)
        let pedersen = PedersenGenerators.standard
        let sets: [(Equation.PointSet, [RistrettoPoint])] = [
            (.rowColumns, Array(rows.columns[..<width])), (.rowBases, [rows.blinding, rows.innerProduct]),
            (.closingG, Array(closing.g[0][..<min(width, 64)])), (.closingH, Array(closing.h[0][..<min(width, 33)])),
            (.pedersen, [pedersen.base, pedersen.blindingBase]),
        ]
        var equation = Equation()
        var value = RistrettoPoint.identity
        for (number, (set, points)) in sets.enumerated() {
            let factors = points.indices.map { scalar(seed * 1000 + number * 300 + $0 + 1) }
            equation.add(factors, of: set)
            value += RistrettoPoint.multiscalarMultiply(factors, points)
        }
        for index in 0..<seed {
            let point = scalar(17 + index) * RistrettoPoint.generator
            equation.add(scalar(seed + index), point)
            value += scalar(seed + index) * point
        }
        return (equation, value)
    }

    @Test(arguments: [1, 2, 3, 100, 128, 129, 256])
    func valueIsThePlainSum(width: Int) {
        let (equation, value) = Self.equation(3, width: width)
        #expect(equation.value == value)
    }

    /// Equations over prefixes of different lengths add up.
    @Test func weightedSum() {
        var (sum, value) = Self.equation(2, width: 3)
        let (other, otherValue) = Self.equation(5, width: 200)
        sum.add(other, times: Scalar(77))
        value += Scalar(77) * otherValue
        #expect(sum.value == value)
    }

    /// Rows that several equations share are one set only where they are the same object: others of equal length, or equal
    /// points, do not mix with them.
    @Test func sharedRowsAddUpByObject() {
        func points(_ first: Int) -> [RistrettoPoint] {
            (first..<first + 40).map { Self.scalar($0) * RistrettoPoint.generator }
        }
        func sum(_ factors: [Scalar], _ rows: [RistrettoPoint]) -> RistrettoPoint {
            RistrettoPoint.multiscalarMultiply(factors, Array(rows[..<factors.count]))
        }
        let (one, other) = (SharedRows(points(5)), SharedRows(points(500)))
        let twin = SharedRows(points(5))
        let factors = (1...40).map { Self.scalar($0 * $0) }
        var (first, second) = (Equation(), Equation())
        first.add(factors, of: .rows(one))
        first.add([Self.scalar(3)], of: .rows(one))
        first.add(Array(factors[..<7]), of: .rows(other))
        second.add(factors, of: .rows(other))
        second.add(factors, of: .rows(twin))
        let values = (
            sum(factors, points(5)) + sum([Self.scalar(3)], points(5)) + sum(Array(factors[..<7]), points(500)),
            sum(factors, points(500)) + sum(factors, points(5))
        )
        #expect(first.value == values.0)
        #expect(second.value == values.1)
        first.add(second, times: Scalar(11))
        #expect(first.value == values.0 + Scalar(11) * values.1)
        #expect(one != twin && one == one)
    }

    @Test func closingEquationOfOnePartyOnly() throws {
        var closing = VerificationEquation()
        closing.g = [[.one], [.one]]
        #expect(throws: BulletproofError.insufficientGenerators) { try Equation(closing) }
        closing.g = [[.one, .two]]
        closing.base = Scalar(5)
        let generators = BulletproofGenerators(capacity: 2)
        let expected =
            generators.g[0][0] + Scalar.two * generators.g[0][1] + Scalar(5) * PedersenGenerators.standard.base
        #expect(try Equation(closing).value == expected)
    }

    /// Exactly the false ones are named, wherever they are.
    @Test func failuresAreNamed() {
        var random = SystemRandom()
        var honest = Equation()
        honest.add([.one, .two], of: .rowBases)
        let rows = RowGenerators.forWidth(128)
        honest.add(-Scalar.one, rows.blinding + Scalar.two * rows.innerProduct)
        #expect(honest.holds)
        var wrong = honest
        wrong.add([.one], of: .rowColumns)
        for count in 1...9 {
            let batch = Array(repeating: honest, count: count)
            #expect(Equation.hold(batch, using: &random))
            #expect(Equation.failures(in: batch, using: &random).isEmpty)
            for false0 in 0..<count {
                var one = batch
                one[false0] = wrong
                #expect(!Equation.hold(one, using: &random))
                #expect(Equation.failures(in: one, using: &random) == [false0])
            }
            #expect(
                Equation.failures(in: Array(repeating: wrong, count: count), using: &random) == Array(0..<count)
            )
        }
        #expect(Equation.hold([], using: &random))
        #expect(Equation.failures(in: [], using: &random).isEmpty)
    }
}
