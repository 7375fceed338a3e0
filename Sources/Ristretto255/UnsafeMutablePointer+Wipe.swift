#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension UnsafeMutablePointer {
    /// Overwrites `count` values of a plain type with zero bytes, in a way that optimisation keeps, and frees them.
    @inline(__always)
    func wipeAndDeallocate(count: Int) {
        #if canImport(Darwin)
            memset_s(self, count * MemoryLayout<Pointee>.stride, 0, count * MemoryLayout<Pointee>.stride)
        #else
            explicit_bzero(self, count * MemoryLayout<Pointee>.stride)
        #endif
        deallocate()
    }
}
