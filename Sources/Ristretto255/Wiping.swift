#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Overwrites memory that held a secret with zeros; unlike an ordinary store, the call survives optimisation.
///
/// The one wipe of the modules that stand on nothing but the C library.
package func wipeMemory(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress else { return }
    #if canImport(Darwin)
        memset_s(base, buffer.count, 0, buffer.count)
    #else
        explicit_bzero(base, buffer.count)
    #endif
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

extension UnsafeMutablePointer {
    /// Overwrites `count` values of a plain type with zeros and frees them.
    @inline(__always)
    func wipeAndDeallocate(count: Int) {
        wipeMemory(UnsafeMutableRawBufferPointer(start: self, count: count * MemoryLayout<Pointee>.stride))
        deallocate()
    }
}
