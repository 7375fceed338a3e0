import Ristretto255

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Zeroed memory for a prover's secret scalars, straight from the system and straight back to it: nothing of them stays behind
/// in the allocator's free lists, and it is left out of core dumps.
final class SecretArena {
    let scalars: UnsafeMutablePointer<Scalar>
    let count: Int
    private let byteCount: Int

    /// - Parameter count: scalars, at least 1.
    init(count: Int) {
        self.count = count
        byteCount = count * MemoryLayout<Scalar>.stride
        let mapped = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else { fatalError("out of memory: \(byteCount) bytes for a proof") }
        #if os(Linux)
            // Both are advice. A quarter of a gigabyte in small pages costs a tenth of a second of page faults.
            if byteCount >= 1 << 22 { _ = madvise(mapped, byteCount, MADV_HUGEPAGE) }
            _ = madvise(mapped, byteCount, MADV_DONTDUMP)
        #endif
        scalars = mapped.bindMemory(to: Scalar.self, capacity: count)
    }

    deinit { munmap(scalars, byteCount) }
}
