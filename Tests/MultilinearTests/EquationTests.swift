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
        let sets: [(Equation.GeneratorSet, [RistrettoPoint])] = [
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
