// MARK: - Variable time, for public scalars

extension RistrettoPoint {
    /// Below this number of points Straus's method is the faster one.
    static let bucketThreshold = 128

    /// The sum of scalars[i] points[i]. Variable time.
    ///
    /// - Precondition: equal counts.
    public static func multiscalarMultiply(_ scalars: [Scalar], _ points: [RistrettoPoint]) -> RistrettoPoint {
        precondition(scalars.count == points.count, "as many scalars as points")
        return scalars.withUnsafeBufferPointer { s in
            points.withUnsafeBufferPointer { p in multiscalarMultiply(s, p) }
        }
    }

    /// The sum of scalars[i] points[i]. Variable time.
    ///
    /// - Precondition: equal counts.
    public static func multiscalarMultiply(
        _ scalars: UnsafeBufferPointer<Scalar>,
        _ points: UnsafeBufferPointer<RistrettoPoint>
    ) -> RistrettoPoint {
        precondition(scalars.count == points.count, "as many scalars as points")
        let count = scalars.count
        guard let s = scalars.baseAddress, let p = points.baseAddress else { return .identity }
        if count < bucketThreshold {
            return RistrettoPoint(edwards: Straus.multiply(s, count: count) { p[$0].edwards })
        }
        return withNormalised(p, count: count) { RistrettoPoint(edwards: BucketMethod.multiply(s, $0, count: count)) }
    }

    /// The sum of scalars[i] points[i] over the first scalars.count of fixed points. Variable time.
    ///
    /// - Precondition: no more scalars than points.
    public static func multiscalarMultiply(_ scalars: [Scalar], _ points: PrecomputedPoints) -> RistrettoPoint {
        scalars.withUnsafeBufferPointer { multiscalarMultiply($0, points) }
    }

    /// The sum of scalars[i] points[i] over the first scalars.count of fixed points. Variable time.
    ///
    /// - Precondition: no more scalars than points.
    public static func multiscalarMultiply(
        _ scalars: UnsafeBufferPointer<Scalar>,
        _ points: PrecomputedPoints
    ) -> RistrettoPoint {
        precondition(scalars.count <= points.count, "no more scalars than points")
        let count = scalars.count
        guard let s = scalars.baseAddress else { return .identity }
        if let shifts = points.shifts {
            let (width, cost) = BucketMethod.plan(shifts, count: count)
            if cost < Straus.cost(count: count) {
                let first = points.bounds.lowerBound
                return RistrettoPoint(
                    edwards: BucketMethod.multiply(s, shifts, first: first, count: count, width: width)
                )
            }
        }
        return points.withUnsafePointer { base in
            guard let p = base else { return .identity }
            if count < bucketThreshold {
                return RistrettoPoint(edwards: Straus.multiply(s, count: count) { p[$0].extended })
            }
            return RistrettoPoint(edwards: BucketMethod.multiply(s, p, count: count))
        }
    }

    /// The sum of scalars[i] points[i] and of all the terms over fixed points. Variable time.
    ///
    /// All points that are not tabulated make one multiplication.
    ///
    /// - Parameter fixed: scalars for the first points of each set of fixed points.
    /// - Precondition: as many scalars as points; in each fixed set no more scalars than points.
    public static func multiscalarMultiply(
        _ scalars: [Scalar],
        _ points: [RistrettoPoint],
        fixed: [(scalars: [Scalar], points: PrecomputedPoints)]
    ) -> RistrettoPoint {
        precondition(scalars.count == points.count, "as many scalars as points")
        precondition(fixed.allSatisfy { $0.scalars.count <= $0.points.count }, "no more scalars than points")
        var total = RistrettoPoint.identity
        for set in fixed where set.points.shifts != nil { total += multiscalarMultiply(set.scalars, set.points) }
        let sets = fixed.filter { $0.points.shifts == nil }
        let allScalars = sets.reduce(into: scalars) { $0 += $1.scalars }
        if allScalars.count < bucketThreshold {
            let allPoints = sets.reduce(into: points) { all, set in
                for i in 0..<set.scalars.count { all.append(set.points[i]) }
            }
            return total + multiscalarMultiply(allScalars, allPoints)
        }
        let allPoints = sets.reduce(into: [AffineNielsPoint](normalising: points)) { all, set in
            let start = set.points.bounds.lowerBound
            all += set.points.storage[start..<start + set.scalars.count]
        }
        return total + RistrettoPoint(edwards: BucketMethod.multiply(allScalars, allPoints, count: allScalars.count))
    }

    /// The sum of scalars[i] points[i] for small scalars, |s| < 2^31. Variable time.
    ///
    /// - Precondition: equal counts.
    public static func multiscalarMultiply(small scalars: [Int32], _ points: [RistrettoPoint]) -> RistrettoPoint {
        precondition(scalars.count == points.count, "as many scalars as points")
        return points.withUnsafeBufferPointer { p in
            guard let p = p.baseAddress else { return .identity }
            return withNormalised(p, count: scalars.count) { affine in
                scalars.withUnsafeBufferPointer { s in
                    guard let s = s.baseAddress else { return .identity }
                    return RistrettoPoint(edwards: BucketMethod.multiply(small: s, affine, count: scalars.count))
                }
            }
        }
    }

    /// The sum of scalars[i] points[i] over the first scalars.count of fixed points, for small scalars. Variable time.
    ///
    /// - Precondition: no more scalars than points.
    public static func multiscalarMultiply(small scalars: [Int32], _ points: PrecomputedPoints) -> RistrettoPoint {
        scalars.withUnsafeBufferPointer { multiscalarMultiply(small: $0, points) }
    }

    /// The sum of scalars[i] points[i] over the first scalars.count of fixed points, for small scalars. Variable time.
    ///
    /// - Precondition: no more scalars than points.
    public static func multiscalarMultiply(
        small scalars: UnsafeBufferPointer<Int32>,
        _ points: PrecomputedPoints
    ) -> RistrettoPoint {
        precondition(scalars.count <= points.count, "no more scalars than points")
        return points.withUnsafePointer { base in
            guard let s = scalars.baseAddress, let p = base else { return .identity }
            return RistrettoPoint(edwards: BucketMethod.multiply(small: s, p, count: scalars.count))
        }
    }

    private static func withNormalised<R>(
        _ points: UnsafePointer<RistrettoPoint>,
        count: Int,
        _ body: (UnsafePointer<AffineNielsPoint>) -> R
    ) -> R {
        let affine = UnsafeMutablePointer<AffineNielsPoint>.allocate(capacity: count)
        defer { affine.deallocate() }
        AffineNielsPoint.normalise(points, count: count, into: affine)
        return body(affine)
    }
}

// MARK: - Constant time, for secret scalars

extension RistrettoPoint {
    /// The sum of scalars[i] points[i], constant time in scalars and points: fixed windows, masked table selection.
    ///
    /// - Precondition: equal counts.
    public static func multiscalarMultiply(
        constantTime scalars: [Scalar],
        _ points: [RistrettoPoint]
    ) -> RistrettoPoint {
        precondition(scalars.count == points.count, "as many scalars as points")
        let count = scalars.count
        guard count > 0 else { return .identity }
        // 64 masked selections and additions and a small table for each point. Each piece makes its own 252 doublings.
        let pieces = Parallel.pieces(count: count, cost: 15_000)
        var partial = [EdwardsPoint](repeating: .identity, count: pieces)
        partial.withUnsafeMutableBufferPointer { sums in
            guard let output = sums.baseAddress else { return }
            Parallel.forEach(pieces, parallel: true) { piece in
                output[piece] = constantTimeSum(
                    scalars,
                    points,
                    Parallel.piece(piece, of: pieces, count: count)
                )
            }
        }
        return RistrettoPoint(edwards: partial.dropFirst().reduce(into: partial[0]) { $0.add($1) })
    }

    private static func constantTimeSum(
        _ scalars: [Scalar],
        _ points: [RistrettoPoint],
        _ range: Range<Int>
    ) -> EdwardsPoint {
        let count = range.count
        let digits = UnsafeMutablePointer<Int8>.allocate(capacity: 64 * count)
        // eight multiples of every point, then the one selected
        let tables = UnsafeMutablePointer<ProjectiveNielsPoint>.allocate(capacity: 8 * count + 1)
        let selected = tables + 8 * count
        selected.initialize(to: .identity)
        defer {
            digits.wipeAndDeallocate(count: 64 * count)
            tables.wipeAndDeallocate(count: 8 * count + 1)
        }
        for (i, index) in range.enumerated() {
            SignedDigits.radix16(scalars[index], into: digits + i, stride: count)
            points[index].edwards.writeMultiples(into: tables + 8 * i)
        }
        var r = EdwardsPoint.identity
        for position in stride(from: 63, through: 0, by: -1) {
            r.double(times: 4)
            let row = digits + position * count
            for i in 0..<count {
                selected.pointee = ProjectiveNielsPoint(selecting: Int(row[i]), from: tables + 8 * i)
                r.add(selected)
            }
        }
        return r
    }

    /// The sum of scalars[i] point[i] over the first scalars.count tabulated points, constant time in the scalars.
    ///
    /// - Precondition: no more scalars than points.
    public static func multiscalarMultiply(
        constantTime scalars: [Scalar],
        _ tables: ConstantTimeTables
    ) -> RistrettoPoint {
        precondition(scalars.count <= tables.count, "no more scalars than points")
        let sum = scalars.withUnsafeBufferPointer { s in
            tables.sum(count: s.count, windows: 51) { i, digits in SignedDigits.radix32(s[i], into: digits) }
        }
        return RistrettoPoint(edwards: sum)
    }

    /// The sum of values[i] point[i] over the first values.count tabulated points, constant time in the values: the
    /// same operations on the same addresses for all values within the bound.
    ///
    /// - Parameters:
    ///   - values: each of magnitude below 2^bits.
    ///   - bits: 1...31, public; bits / 5 + 1 additions are made per value.
    ///   - tables: the points.
    /// - Precondition: no more values than points; values within the bound.
    public static func commit(
        constantTimeSmall values: [Int32],
        bits: Int,
        _ tables: ConstantTimeTables
    ) -> RistrettoPoint {
        values.withUnsafeBufferPointer { commit(constantTimeSmall: $0, bits: bits, tables) }
    }

    /// The sum of values[i] point[i] over the first values.count tabulated points, constant time in the values: the
    /// same operations on the same addresses for all values within the bound.
    ///
    /// - Parameters:
    ///   - values: each of magnitude below 2^bits.
    ///   - bits: 1...31, public; bits / 5 + 1 additions are made per value.
    ///   - tables: the points.
    /// - Precondition: no more values than points; values within the bound.
    public static func commit(
        constantTimeSmall values: UnsafeBufferPointer<Int32>,
        bits: Int,
        _ tables: ConstantTimeTables
    ) -> RistrettoPoint {
        precondition(values.count <= tables.count, "no more values than points")
        precondition(bits >= 1 && bits <= 31, "bits in 1...31")
        var excess: UInt32 = 0
        for value in values { excess |= value.magnitude &>> UInt32(bits) }
        precondition(excess == 0, "values below 2^bits in magnitude")
        let windows = ConstantTimeTables.windows(bits: bits)
        let sum = tables.sum(count: values.count, windows: windows) { i, digits in
            SignedDigits.radix32(values[i], windows: windows, into: digits)
        }
        return RistrettoPoint(edwards: sum)
    }
}
