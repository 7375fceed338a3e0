import Ristretto255
import Transcript

extension InnerProductArgument {
    /// Proves `P = <a, G'> + <b, H'> + <a, b> Q`; see ``InnerProductArgument``. Variable time: `a` and `b` must already be
    /// blinded by the calling argument.
    ///
    /// - Parameters:
    ///   - product: the point `Q`.
    ///   - gFactors: `n` scalars, or nil for ones.
    ///   - hFactors: `n` scalars, or nil for ones.
    ///   - g: `n` points, a power of two.
    ///   - h: `n` points.
    ///   - a: `n` scalars.
    ///   - b: `n` scalars.
    ///   - transcript: the domain separator `ipp v1`, `n`, then `L`, `R` and the challenge `u` of each round go here.
    /// - Throws: ``BulletproofError/lengthMismatch``, ``BulletproofError/zeroChallenge``.
    public static func prove(
        product: RistrettoPoint,
        gFactors: [Scalar]? = nil,
        hFactors: [Scalar]? = nil,
        g: [RistrettoPoint],
        h: [RistrettoPoint],
        a: [Scalar],
        b: [Scalar],
        transcript: inout Transcript
    ) throws(BulletproofError) -> InnerProductArgument {
        try prove(
            product: product,
            productFactor: .one,
            gFactors: gFactors,
            hFactors: hFactors,
            g: g,
            h: h,
            a: a,
            b: b,
            transcript: &transcript
        )
    }

    /// The prover proper, with `Q = productFactor * product` and a plan that says when to fold the generators; nil for
    /// the plan of least cost.
    package static func prove(
        product: RistrettoPoint,
        productFactor: Scalar,
        gFactors: [Scalar]?,
        hFactors: [Scalar]?,
        g: [RistrettoPoint],
        h: [RistrettoPoint],
        a: [Scalar],
        b: [Scalar],
        plan: FoldingPlan? = nil,
        transcript: inout Transcript
    ) throws(BulletproofError) -> InnerProductArgument {
        let n = g.count
        guard isPowerOfTwo(n), h.count == n, a.count == n, b.count == n, (gFactors?.count ?? n) == n,
            (hFactors?.count ?? n) == n
        else { throw .lengthMismatch }

        let plan = plan ?? .standard(length: n)
        transcript.appendInnerProductDomain(length: n)
        var a = a
        var b = b
        // G'_i is the sum over j of gBasis.factors[i + j * length] * gBasis.points[i + j * length]; likewise H'_i.
        var gBasis = FoldedBasis(points: g, factors: gFactors)
        var hBasis = FoldedBasis(points: h, factors: hFactors)
        var rounds: [Round] = []
        var length = n
        while length > 1 {
            if plan.foldLengths.contains(length) {
                gBasis.fold(to: length)
                hBasis.fold(to: length)
            }
            let half = length / 2
            let crossLeft = Scalar.innerProduct(Array(a[..<half]), Array(b[half...]))
            let crossRight = Scalar.innerProduct(Array(a[half...]), Array(b[..<half]))
            var left = (scalars: [productFactor * crossLeft], points: [product])
            var right = (scalars: [productFactor * crossRight], points: [product])
            gBasis.append(a[..<half], length: length, upper: true, to: &left)
            hBasis.append(b[half...], length: length, upper: false, to: &left)
            gBasis.append(a[half...], length: length, upper: false, to: &right)
            hBasis.append(b[..<half], length: length, upper: true, to: &right)
            let encoded = RistrettoPoint.compressBatch([
                RistrettoPoint.multiscalarMultiply(left.scalars, left.points),
                RistrettoPoint.multiscalarMultiply(right.scalars, right.points),
            ])
            let round = Round(left: encoded[0], right: encoded[1])
            rounds.append(round)
            transcript.append("L", point: round.left)
            transcript.append("R", point: round.right)
            let u = try transcript.nonzeroChallenge("u")
            let uInverse = u.inverse()
            for index in 0..<half {
                a[index] = a[index] * u + uInverse * a[half + index]
                b[index] = b[index] * uInverse + u * b[half + index]
            }
            a.removeLast(half)
            b.removeLast(half)
            gBasis.scaleHalves(length: length, lower: uInverse, upper: u)
            hBasis.scaleHalves(length: length, lower: u, upper: uInverse)
            length = half
        }
        return InnerProductArgument(rounds: rounds, a: a[0], b: b[0])
    }
}
