/// Pippenger's bucket method with signed windows: sums of many multiples `s_1 P_1 + ... + s_n P_n`. Variable time.
///
/// N. Pippenger, *On the evaluation of powers and related problems* (FOCS 1976), in the form of D. J. Bernstein,
/// J. Doumen, T. Lange, J.-J. Oosterwijk, *Faster batch forgery identification* (ePrint 2012/549), section 4;
/// curve25519-dalek's `pippenger.rs` explains the same. Each scalar is cut into digits of w bits, and digits of one
/// weight are summed at a time, without a multiplication:
///
///     digits of weight 2^(3w) 2^(2w) 2^w  1          the window of weight 1, digits within -4...4 (w = 3):
///        s_1:              3   -1    4    2     ->    bucket 1:            running sum       total
///        s_2:             -2    0    1    4           bucket 2: P_1        b_4               b_4
///        s_3:              1    2   -3   -4           bucket 3:            b_4 + b_3         2 b_4 + b_3
///            |                                        bucket 4: P_2 - P_3  .. + b_2          3 b_4 + 2 b_3 + b_2
///            v one sum for each window                                     .. + b_1          4 b_4 + 3 b_3 + 2 b_2 + b_1
///        total = ((W_3 2^w + W_2) 2^w + W_1) 2^w + W_0                                       = the window's sum
///
/// A point goes into the bucket of its digit's magnitude, negated for a negative digit; so there are 2^(w-1) buckets, half
/// as many as digits. Emptying them by running sums weighs each bucket by its number.
///
/// **Cost** of one window: an addition for each point, which is cheap because the points are normalised (7 field
/// multiplications), and two for each bucket, which are general ones (9 and 8 or so): in mixed additions, `n + 1.8 2^(w-1)`
/// with the first point of each bucket free. There are some 252/w windows, so wider ones are fewer and dearer; the best w
/// grows like log2 n. ``cost(sums:of:_:)`` is this formula, and every choice below minimises it.
enum BucketMethod {
    /// What emptying a bucket costs in mixed additions. Two general additions would be 2.5; but a bucket's first point is
    /// stored, not added, and empty buckets above the last full one are skipped. Measured.
    private static let costPerBucket = 1.8

    /// Nanoseconds of a mixed addition, for deciding how many processors are worth waking.
    private static let additionTime = 120

    /// The cost, in mixed additions, of `sums` sums of `terms` terms each with signed digits of `width` bits.
    static func cost(sums: Int, of terms: Int, _ width: Int) -> Double {
        Double(sums) * (Double(terms) + costPerBucket * Double(1 << (width - 1)))
    }

    /// The number of signed digits of `width` bits in a balanced scalar, whose magnitude is at most (l - 1) / 2, below
    /// 2^251 + 2^124.
    static func windows(width: Int) -> Int { (251 + width) / width }

    /// The sum of scalar[i] point[i] for full-size scalars. Widths above 13 would pay beyond some 2^17 points only.
    static func multiply(
        _ scalars: UnsafePointer<Scalar>,
        _ points: UnsafePointer<AffineNielsPoint>,
        count: Int
    ) -> EdwardsPoint {
        func cost(_ width: Int) -> Double {
            BucketMethod.cost(sums: BucketMethod.windows(width: width), of: count, width)
        }
        let width = (2...13).min { cost($0) < cost($1) } ?? 8
        let windows = BucketMethod.windows(width: width)
        let digits = recode(scalars, count: count, width: width, sums: windows, perSum: 1)
        defer { digits.deallocate() }
        return sum(digits, windows: windows, width: width, bucketCount: 1 << (width - 1), points, count: count)
    }

    /// How to use tabulated points for `count` scalars: the width of digits, a divisor of the shifts' width, and the
    /// cost in mixed additions.
    static func plan(_ shifts: ShiftedPoints, count: Int) -> (width: Int, cost: Double) {
        (2...shifts.width).filter { shifts.width % $0 == 0 }
            .map { (width: $0, cost: cost(sums: shifts.width / $0, of: shifts.windows * count, $0)) }
            .min { $0.cost < $1.cost } ?? (shifts.width, .infinity)
    }

    /// The sum of scalar[i] point[first + i] for full-size scalars and tabulated points.
    static func multiply(
        _ scalars: UnsafePointer<Scalar>,
        _ shifts: ShiftedPoints,
        first: Int,
        count: Int,
        width: Int
    ) -> EdwardsPoint {
        let sums = shifts.width / width
        let digits = recode(scalars, count: count, width: width, sums: sums, perSum: shifts.windows)
        defer { digits.deallocate() }
        return shifts.multiples.withUnsafeBufferPointer { multiples in
            guard let base = multiples.baseAddress else { return .identity }
            return sum(
                digits,
                windows: sums,
                width: width,
                bucketCount: 1 << (width - 1),
                base + shifts.windows * first,
                count: shifts.windows * count
            )
        }
    }

    /// The sum of scalar[i] point[i] for scalars of magnitude below 2^31.
    static func multiply<Small: FixedWidthInteger & SignedInteger>(
        small scalars: UnsafePointer<Small>,
        _ points: UnsafePointer<AffineNielsPoint>,
        count: Int
    ) -> EdwardsPoint {
        var largest: UInt64 = 0
        for i in 0..<count { largest = max(largest, UInt64(scalars[i].magnitude)) }
        guard largest > 0 else { return .identity }
        let plan = smallPlan(count: count, largest: largest)
        let digits = recode(small: scalars, count: count, windows: plan.windows, width: plan.width)
        defer { digits.deallocate() }
        return sum(
            digits,
            windows: plan.windows,
            width: plan.width,
            bucketCount: plan.bucketCount,
            points,
            count: count
        )
    }

    /// The cheapest windows for `count` scalars of magnitude at most `largest`.
    ///
    /// One window takes as many buckets as the largest magnitude, which must fit a digit, 16 bits; w windows of c bits
    /// reach 2^(c-1) (1 + 2^c + ...).
    private static func smallPlan(
        count: Int,
        largest: UInt64
    ) -> (windows: Int, width: Int, bucketCount: Int) {
        var plan = (windows: 1, width: 15, bucketCount: Int(largest))
        var best = largest < 1 << 15 ? Double(count) + costPerBucket * Double(largest) : Double.infinity
        for windows in 2...16 {
            guard let width = (2...14).first(where: { reach(width: $0, windows: windows) >= largest }) else { continue }
            let cost = cost(sums: windows, of: count, width)
            if cost < best { (best, plan) = (cost, (windows, width, 1 << (width - 1))) }
        }
        return plan
    }

    /// The signed digits of small scalars, in new memory: digit w of scalar i is at w count + i.
    private static func recode<Small: FixedWidthInteger & SignedInteger>(
        small scalars: UnsafePointer<Small>,
        count: Int,
        windows: Int,
        width: Int
    ) -> UnsafeMutablePointer<Int16> {
        let digits = UnsafeMutablePointer<Int16>.allocate(capacity: windows * count)
        if windows == 1 {
            for i in 0..<count { digits[i] = Int16(truncatingIfNeeded: scalars[i]) }
            return digits
        }
        let half = Int64(1) << (width - 1)
        for i in 0..<count {
            var rest = Int64(scalars[i].magnitude)
            let sign: Int64 = scalars[i] < 0 ? -1 : 1
            for w in 0..<windows {
                var digit = rest & (2 * half - 1)
                rest >>= Int64(width)
                if digit > half || (digit == half && w + 1 < windows) {
                    digit -= 2 * half
                    rest += 1
                }
                digits[w * count + i] = Int16(truncatingIfNeeded: digit * sign)
            }
        }
        return digits
    }

    /// The largest magnitude that `windows` signed digits of `width` bits reach when all digits but the last are below
    /// 2^(width - 1).
    private static func reach(width: Int, windows: Int) -> UInt64 {
        let bits = width * windows - 1
        return bits >= 40 ? 1 << 40 : (1 << UInt64(bits)) - 1
    }

    /// The signed digits in -2^(width-1)...2^(width-1) of all scalars, in new memory. Digit `perSum` `sums` of them
    /// belong to each scalar; digit k of scalar i is at ((k mod sums) count + i) perSum + k / sums.
    private static func recode(
        _ scalars: UnsafePointer<Scalar>,
        count: Int,
        width: Int,
        sums: Int,
        perSum: Int
    ) -> UnsafeMutablePointer<Int16> {
        let digits = UnsafeMutablePointer<Int16>.allocate(capacity: sums * perSum * count)
        let mask = UInt64(1) &<< UInt64(width) &- 1
        let half = Int(1) &<< (width &- 1)
        Parallel.forEachPiece(count: count, cost: 160) { range in
            for i in range {
                let (w, negative) = scalars[i].balancedWords
                withUnsafeBytes(of: (w.0, w.1, w.2, w.3, UInt64(0), UInt64(0))) { raw in
                    let words = raw.assumingMemoryBound(to: UInt64.self)
                    var carry = 0
                    var bit = 0
                    for j in 0..<perSum {
                        var output = digits + (i &* perSum &+ j)
                        for _ in 0..<sums {
                            let (q, r) = (bit &>> 6, UInt64(bit & 63))
                            // two shifts, because a shift by 64 would be none
                            let chunk = words[q] &>> r | (words[q &+ 1] &<< 1) &<< (63 &- r)
                            let digit = Int(chunk & mask) &+ carry
                            carry = digit > half ? 1 : 0
                            let balanced = digit &- (carry &<< width)
                            output.initialize(to: Int16(truncatingIfNeeded: negative ? 0 &- balanced : balanced))
                            output += count &* perSum
                            bit &+= width
                        }
                    }
                }
            }
        }
        return digits
    }

    /// sum over windows w of 2^(width w) (sum over i of digits[w count + i] points[i]), digits within ±bucketCount.
    private static func sum(
        _ digits: UnsafePointer<Int16>,
        windows: Int,
        width: Int,
        bucketCount: Int,
        _ points: UnsafePointer<AffineNielsPoint>,
        count: Int
    ) -> EdwardsPoint {
        let processors = Parallel.pieces(count: windows * count, cost: additionTime)
        let pieces = piecesOfWindow(windows: windows, bucketCount: bucketCount, count: count, processors: processors)
        let partial = UnsafeMutablePointer<EdwardsPoint>.allocate(capacity: windows * pieces)
        partial.initialize(repeating: .identity, count: windows * pieces)
        defer { partial.deallocate() }
        Parallel.forEach(windows * pieces, parallel: processors > 1) { task in
            let (window, piece) = (task / pieces, task % pieces)
            let range = Parallel.piece(piece, of: pieces, count: count)
            partial[task] = windowSum(
                digits + (window * count + range.lowerBound),
                points + range.lowerBound,
                count: range.count,
                bucketCount: bucketCount
            )
        }
        var total = EdwardsPoint.identity
        for window in stride(from: windows - 1, through: 0, by: -1) {
            if window + 1 < windows { total.double(times: width) }
            for piece in 0..<pieces { total.add(partial[window * pieces + piece]) }
        }
        return total
    }

    /// Into how many pieces to cut the points of each window, so that the windows' pieces keep all processors busy: with few
    /// windows it pays, although each piece has all the buckets to empty.
    private static func piecesOfWindow(windows: Int, bucketCount: Int, count: Int, processors: Int) -> Int {
        func time(_ pieces: Int) -> Double {
            let rounds = (windows * pieces + processors - 1) / processors
            return Double(rounds) * (Double(count) / Double(pieces) + costPerBucket * Double(bucketCount))
        }
        return (1...processors).min { time($0) < time($1) } ?? 1
    }

    /// The sum of digits[i] points[i] for digits within ±bucketCount.
    private static func windowSum(
        _ digits: UnsafePointer<Int16>,
        _ points: UnsafePointer<AffineNielsPoint>,
        count: Int,
        bucketCount: Int
    ) -> EdwardsPoint {
        let buckets = UnsafeMutablePointer<EdwardsPoint>.allocate(capacity: bucketCount)
        let occupied = UnsafeMutablePointer<Bool>.allocate(capacity: bucketCount)
        occupied.initialize(repeating: false, count: bucketCount)
        defer {
            buckets.deallocate()
            occupied.deallocate()
        }
        for i in 0..<count {
            let digit = Int(digits[i])
            if digit == 0 { continue }
            let b = Int(digit.magnitude) &- 1
            if occupied[b] {
                buckets[b].add(points + i, sign: digit &>> (Int.bitWidth &- 1) & 1)
            } else {
                occupied[b] = true
                let first = points[i].extended
                buckets.advanced(by: b).initialize(to: digit > 0 ? first : first.negated())
            }
        }
        // sum of (b + 1) bucket[b] by suffix sums
        var running = EdwardsPoint.identity
        var total = EdwardsPoint.identity
        for b in stride(from: (0..<bucketCount).last { occupied[$0] } ?? -1, through: 0, by: -1) {
            if occupied[b] { running.add(buckets[b]) }
            total.add(running)
        }
        return total
    }
}
