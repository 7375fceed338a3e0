#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// The one place of the modules that stand without libsodium; those above it use `Sodium.wipe` and `SecretBytes`. There
// are two because this module is exported, and who depends on it needs no C library.

/// Overwrites memory that held a secret with zeros; unlike an ordinary store, the call survives optimisation.
@inline(__always)
package func wipeMemory(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress else { return }
    #if canImport(Darwin)
        memset_s(base, buffer.count, 0, buffer.count)
    #else
        explicit_bzero(base, buffer.count)
    #endif
}

extension UnsafeMutablePointer {
    /// Overwrites `count` values of a plain type with zero bytes, in a way that optimisation keeps, and frees them.
    @inline(__always)
    package func wipeAndDeallocate(count: Int) {
        wipeMemory(UnsafeMutableRawBufferPointer(start: self, count: count * MemoryLayout<Pointee>.stride))
        deallocate()
    }
}

extension Array {
    /// Overwrites the elements' memory with zeros and empties the array. `Element` must be a plain value type.
    ///
    /// Only the array's own buffer is erased, so a secret array must not be copied before.
    package mutating func wipe() {
        assert(_isPOD(Element.self))
        withUnsafeMutableBytes { wipeMemory($0) }
        removeAll()
    }
}
