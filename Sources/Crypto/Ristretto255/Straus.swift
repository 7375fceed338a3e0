/// Straus's interleaved method with width-5 non-adjacent forms. Variable time.
enum Straus {
    /// The cost, measured, in mixed additions: 252 doublings, and per point a table and some 43 general additions.
    static func cost(count: Int) -> Double { 240 + 65 * Double(count) }

    /// The sum of scalar[i] point(i).
    static func multiply(
        _ scalars: UnsafePointer<Scalar>,
        count: Int,
        point: (Int) -> EdwardsPoint
    ) -> EdwardsPoint {
        guard count > 0 else { return .identity }
        let positions = 254
        let digits = UnsafeMutablePointer<Int8>.allocate(capacity: positions * count)
        digits.initialize(repeating: 0, count: positions * count)
        // P, 3 P, ..., 15 P for every point
        let tables = UnsafeMutablePointer<ProjectiveNielsPoint>.allocate(capacity: 8 * count)
        defer {
            digits.deallocate()
            tables.deallocate()
        }
        var top = -1
        for i in 0..<count {
            top = max(top, nonAdjacentForm(scalars[i], into: digits + i, stride: count))
            var multiple = point(i)
            var double = multiple
            double.double()
            withUnsafePointer(to: ProjectiveNielsPoint(double)) { step in
                for k in 0..<8 {
                    if k > 0 { multiple.add(step) }
                    tables.advanced(by: 8 * i + k).initialize(to: ProjectiveNielsPoint(multiple))
                }
            }
        }
        var r = EdwardsPoint.identity
        for position in stride(from: top, through: 0, by: -1) {
            r.double()
            let row = digits + position * count
            for i in 0..<count {
                let digit = Int(row[i])
                if digit == 0 { continue }
                r.add(tables + (8 &* i &+ Int(digit.magnitude) &>> 1), sign: digit &>> (Int.bitWidth &- 1) & 1)
            }
        }
        return r
    }

    /// Writes the non-zero digits (odd, -15...15) of the width-5 non-adjacent form of s into zeroed memory, `stride`
    /// apart.
    ///
    /// - Returns: the highest position written, -1 for zero.
    private static func nonAdjacentForm(_ s: Scalar, into digits: UnsafeMutablePointer<Int8>, stride: Int) -> Int {
        let (w, negative) = s.balancedWords
        var top = -1
        withUnsafeBytes(of: (w.0, w.1, w.2, w.3, UInt64(0))) { raw in
            let words = raw.assumingMemoryBound(to: UInt64.self)
            var carry: UInt64 = 0
            var position = 0
            while position < 254 {
                let (q, r) = (position >> 6, UInt64(position & 63))
                let chunk = r < 60 || q == 3 ? words[q] >> r : words[q] >> r | words[q + 1] << (64 - r)
                let window = carry + (chunk & 31)
                if window & 1 == 0 {
                    position += 1
                    continue
                }
                carry = window >> 4 & 1
                let digit = Int8(truncatingIfNeeded: Int(window) - Int(carry << 5))
                digits[position * stride] = negative ? -digit : digit
                top = position
                position += 5
            }
        }
        return top
    }
}

extension EdwardsPoint {
    /// s self. Constant time: signed radix-16 digits, masked table selection.
    func multiplied(by s: Scalar) -> EdwardsPoint {
        let digits = UnsafeMutablePointer<Int8>.allocate(capacity: 64)
        // the eight multiples, then the one selected
        let multiples = UnsafeMutablePointer<ProjectiveNielsPoint>.allocate(capacity: 9)
        defer {
            digits.wipeAndDeallocate(count: 64)
            multiples.wipeAndDeallocate(count: 9)
        }
        SignedDigits.radix16(s, into: digits)
        writeMultiples(into: multiples)
        let selected = multiples + 8
        selected.initialize(to: .identity)
        var r = EdwardsPoint.identity
        for i in stride(from: 63, through: 0, by: -1) {
            r.double(times: 4)
            selected.pointee = ProjectiveNielsPoint(selecting: Int(digits[i]), from: multiples)
            r.add(selected)
        }
        return r
    }

    /// Writes P, 2 P, ..., 8 P to uninitialised memory.
    func writeMultiples(into table: UnsafeMutablePointer<ProjectiveNielsPoint>) {
        table.initialize(to: ProjectiveNielsPoint(self))
        var multiple = self
        for i in 1..<8 {
            multiple.add(table)
            table.advanced(by: i).initialize(to: ProjectiveNielsPoint(multiple))
        }
    }

    /// P, 2 P, ..., count P
    func multiples(_ count: Int) -> [EdwardsPoint] {
        var multiples = [self]
        var multiple = self
        withUnsafePointer(to: ProjectiveNielsPoint(self)) { addend in
            for _ in 1..<count {
                multiple.add(addend)
                multiples.append(multiple)
            }
        }
        return multiples
    }
}
