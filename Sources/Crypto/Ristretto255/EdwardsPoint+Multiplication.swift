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
