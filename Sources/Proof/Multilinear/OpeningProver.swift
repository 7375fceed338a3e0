import Bulletproofs
import Commitments
import Ristretto255

/// The prover's side of every batch opening, once its sumcheck has made one inner product of all claims: the
/// inner-product argument of Bulletproofs (ePrint 2017/1066, section 3) on a masked combination of the rows
/// (attacks.md F21, F22).
enum OpeningProver {
    /// Opens `<combined, weights>` behind a mask vector, after the sumcheck.
    ///
    /// - Parameters:
    ///   - combined: u, the combination of the rows, with `blinder` r.
    ///   - weights: R, public.
    static func open(
        _ layout: OpeningLayout,
        combined: [Scalar],
        blinder: Scalar,
        weights: [Scalar],
        pads: WireAssignment,
        channel: inout ProverChannel,
        randomness: inout some RandomNumberGenerator
    ) throws(InteractionError) -> OpeningProof {
        let generators = RowGenerators.forWidth(layout.columnCount)
        let pad = pads[layout.mask]
        let mask = try maskVector(weights, innerProduct: pad, randomness: &randomness)
        let maskBlinder = Scalar.random(using: &randomness)
        let maskCommitment = generators.commit(mask, blinder: maskBlinder).compress()
        channel.transcript.append(.maskCommitment, point: maskCommitment)
        let k = try channel.challenge(.maskChallenge)

        let maskedValue = k * Scalar.innerProduct(combined, weights) + pad
        let maskedBlinder = k * blinder + maskBlinder
        channel.transcript.append(.maskedValue, scalar: maskedValue)
        channel.transcript.append(.maskedBlinder, scalar: maskedBlinder)
        let base = (try channel.challenge(.innerProductBase)) * generators.innerProduct

        let masked = zip(combined, mask).map { k * $0 + $1 }
        let (folds, vector) = try fold(
            masked,
            weights,
            to: layout.foldedCount,
            generators: generators,
            base: base,
            channel: &channel
        )
        return OpeningProof(
            maskCommitment: maskCommitment,
            maskedValue: maskedValue,
            maskedBlinder: maskedBlinder,
            folds: folds,
            vector: vector
        )
    }

    /// A uniformly random vector d with `<d, weights> = innerProduct`.
    private static func maskVector(
        _ weights: [Scalar],
        innerProduct: Scalar,
        randomness: inout some RandomNumberGenerator
    ) throws(InteractionError) -> [Scalar] {
        guard let pivot = weights.firstIndex(where: { !$0.isZero }) else { throw .degenerateOpening }
        var mask = weights.map { _ in Scalar.random(using: &randomness) }
        let excess = Scalar.innerProduct(mask, weights) - innerProduct
        mask[pivot] -= excess * weights[pivot].inverse()
        return mask
    }

    /// Halves the masked vector until `count` entries remain.
    private static func fold(
        _ masked: [Scalar],
        _ weights: [Scalar],
        to count: Int,
        generators: RowGenerators,
        base: RistrettoPoint,
        channel: inout ProverChannel
    ) throws(InteractionError) -> (folds: [(left: CompressedRistretto, right: CompressedRistretto)], vector: [Scalar]) {
        var vector = masked
        var weights = weights
        var basis = FoldedBasis(points: generators.columns, factors: nil)
        let plan = FoldingPlan.standard(length: masked.count)
        var folds: [(left: CompressedRistretto, right: CompressedRistretto)] = []
        while vector.count > count {
            let length = vector.count
            let half = length / 2
            if plan.foldLengths.contains(length) { basis.fold(to: length) }
            let crossLeft = Scalar.innerProduct(Array(vector[..<half]), Array(weights[half...]))
            let crossRight = Scalar.innerProduct(Array(vector[half...]), Array(weights[..<half]))
            var left = (scalars: [crossLeft], points: [base])
            var right = (scalars: [crossRight], points: [base])
            basis.append(vector[..<half], length: length, upper: true, to: &left)
            basis.append(vector[half...], length: length, upper: false, to: &right)
            let encoded = RistrettoPoint.compressBatch([
                RistrettoPoint.multiscalarMultiply(left.scalars, left.points),
                RistrettoPoint.multiscalarMultiply(right.scalars, right.points),
            ])
            folds.append((encoded[0], encoded[1]))
            channel.transcript.append(.foldLeft, point: encoded[0])
            channel.transcript.append(.foldRight, point: encoded[1])
            let challenge = try channel.challenge(.foldChallenge)
            let inverse = challenge.inverse()
            for index in 0..<half {
                vector[index] = Scalar.sumOfProducts(vector[index], challenge, vector[half + index], inverse)
                weights[index] = Scalar.sumOfProducts(weights[index], inverse, weights[half + index], challenge)
            }
            vector.removeLast(length - half)
            weights.removeLast(length - half)
            basis.scaleHalves(length: length, lower: inverse, upper: challenge)
        }
        for entry in vector {
            channel.transcript.append(.foldedVector, scalar: entry)
        }
        return (folds, vector)
    }
}
