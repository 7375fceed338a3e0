/// Pippenger's bucket method with signed windows. Variable time.
enum BucketMethod {
    /// The cost, in mixed additions, of `sums` sums of `terms` terms each with signed digits of `width` bits: emptying
    /// a bucket takes two general additions, but filling its first point takes none.
    static func cost(sums: Int, of terms: Int, _ width: Int) -> Double {
        Double(sums) * (Double(terms) + 1.8 * Double(1 << (width - 1)))
    }

    /// The number of signed digits of `width` bits in a balanced scalar, whose magnitude is at most (l - 1) / 2, below
    /// 2^251 + 2^124.
    static func windows(width: Int) -> Int { (251 + width) / width }

    /// The sum of scalar[i] point[i] for full-size scalars.
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
        // One window takes as many buckets as the largest magnitude; w windows of c bits reach 2^(c-1) (1 + 2^c + ...).
        var (windows, width) = (1, 15)
        var bucketCount = Int(largest)
        var best = largest < 1 << 15 ? Double(count) + 1.8 * Double(largest) : Double.infinity
        for w in 2...16 {
            guard let c = (2...14).first(where: { reach(width: $0, windows: w) >= largest }) else { continue }
            let cost = cost(sums: w, of: count, c)
            if cost < best { (best, windows, width, bucketCount) = (cost, w, c, 1 << (c - 1)) }
        }
        let digits = UnsafeMutablePointer<Int16>.allocate(capacity: windows * count)
        defer { digits.deallocate() }
        if windows == 1 {
            for i in 0..<count { digits[i] = Int16(truncatingIfNeeded: scalars[i]) }
        } else {
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
        }
        return sum(digits, windows: windows, width: width, bucketCount: bucketCount, points, count: count)
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
        let pieces = count >= 512 ? 4 : 1
        Parallel.forEach(pieces, parallel: true) { piece in
            for i in Parallel.piece(piece, of: pieces, count: count) {
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
        let parallel = windows * count > 1 << 12
        // With few windows the points are split too. The partial sums do not depend on the number of cores.
        let pieces = windows < 4 && count > 4 * bucketCount && parallel ? 2 : 1
        let partial = UnsafeMutablePointer<EdwardsPoint>.allocate(capacity: windows * pieces)
        partial.initialize(repeating: .identity, count: windows * pieces)
        defer { partial.deallocate() }
        Parallel.forEach(windows * pieces, parallel: parallel) { task in
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
