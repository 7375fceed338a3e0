/// Pippenger's bucket method with signed windows. Variable time.
enum BucketMethod {
    /// Cost of emptying one bucket (two general additions), in mixed additions.
    static let bucketCost = 2.3

    /// The sum of scalar[i] point[i] for full-size scalars.
    static func multiply(
        _ scalars: UnsafePointer<Scalar>,
        _ points: UnsafePointer<AffineNielsPoint>,
        count: Int
    ) -> EdwardsPoint {
        // Scalars are recoded as integers of magnitude at most (l - 1) / 2 < 2^251 + 2^124.
        var width = 2
        var best = Double.infinity
        for candidate in 2...14 {
            let windows = (251 + candidate) / candidate
            let cost = Double(windows) * (Double(count) + bucketCost * Double(1 << (candidate - 1)))
            if cost < best { (best, width) = (cost, candidate) }
        }
        let windows = (251 + width) / width
        let digits = UnsafeMutablePointer<Int16>.allocate(capacity: windows * count)
        defer { digits.deallocate() }
        let parallel = count * windows > 1 << 13
        let pieces = parallel ? 4 : 1
        Parallel.forEach(pieces, parallel: parallel) { piece in
            for i in Parallel.piece(piece, of: pieces, count: count) {
                recode(scalars[i], width: width, windows: windows, into: digits + i, stride: count)
            }
        }
        return sum(digits, windows: windows, width: width, bucketCount: 1 << (width - 1), points, count: count)
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
        var best = largest < 1 << 15 ? Double(count) + bucketCost * Double(largest) : Double.infinity
        for w in 2...16 {
            guard let c = (2...14).first(where: { reach(width: $0, windows: w) >= largest }) else { continue }
            let cost = Double(w) * (Double(count) + bucketCost * Double(1 << (c - 1)))
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

    /// Writes the signed digits in -2^(width-1)...2^(width-1) of s, `stride` apart.
    private static func recode(
        _ s: Scalar,
        width: Int,
        windows: Int,
        into digits: UnsafeMutablePointer<Int16>,
        stride: Int
    ) {
        let (w, negative) = s.balancedWords
        let mask = UInt64(1) &<< UInt64(width) &- 1
        let half = Int(1) &<< (width &- 1)
        withUnsafeBytes(of: (w.0, w.1, w.2, w.3, UInt64(0))) { raw in
            let words = raw.assumingMemoryBound(to: UInt64.self)
            var carry = 0
            var bit = 0
            for k in 0..<windows {
                let (q, r) = (bit &>> 6, UInt64(bit & 63))
                var chunk = words[q] &>> r
                if r &+ UInt64(width) > 64 { chunk |= words[q &+ 1] &<< (64 &- r) }
                var digit = Int(chunk & mask) &+ carry
                carry = 0
                if digit > half {
                    digit &-= 2 &* half
                    carry = 1
                }
                digits[k &* stride] = Int16(truncatingIfNeeded: negative ? 0 &- digit : digit)
                bit &+= width
            }
        }
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
        let pieces = windows < 4 && count > 16 * bucketCount && parallel ? 2 : 1
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
            if window + 1 < windows { total = total.doubled(times: width) }
            for piece in 0..<pieces { total = total.adding(partial[window * pieces + piece]) }
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
                if digit > 0 {
                    buckets[b] = buckets[b].adding(points[i])
                } else {
                    buckets[b] = buckets[b].subtracting(points[i])
                }
            } else {
                occupied[b] = true
                buckets.advanced(by: b).initialize(to: digit > 0 ? points[i].extended : points[i].extendedNegative)
            }
        }
        // sum of (b + 1) bucket[b] by suffix sums
        var running = EdwardsPoint.identity
        var total = EdwardsPoint.identity
        var started = false
        for b in stride(from: bucketCount - 1, through: 0, by: -1) {
            if occupied[b] {
                running = started ? running.adding(buckets[b]) : buckets[b]
                started = true
            }
            if started { total = total.adding(running) }
        }
        return total
    }
}
