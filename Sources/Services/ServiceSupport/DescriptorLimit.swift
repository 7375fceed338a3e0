import Glibc

/// How many files and sockets this process may have open at a time (RLIMIT_NOFILE).
public enum DescriptorLimit {
    /// Raises the soft limit to `count` as far as the hard limit allows, never lowers it, and returns the soft limit.
    public static func raise(to count: Int) -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limits = rlimit()
        guard getrlimit(resource, &limits) == 0 else { return 0 }
        let wanted = min(rlim_t(clamping: count), limits.rlim_max)
        if limits.rlim_cur < wanted {
            var raised = rlimit(rlim_cur: wanted, rlim_max: limits.rlim_max)
            if setrlimit(resource, &raised) == 0 { limits.rlim_cur = wanted }
        }
        return Int(clamping: limits.rlim_cur)
    }

    /// What of `wanted` fits into `available` descriptors: all of it, or the same part of each.
    ///
    /// - Parameters:
    ///   - wanted: descriptors for the connections of each service.
    ///   - reserve: descriptors for everything else.
    public static func share(_ available: Int, wanted: [Int], reserve: Int) -> [Int] {
        let total = wanted.reduce(0, +)
        let left = max(0, available - reserve)
        return total <= left ? wanted : wanted.map { $0 * left / total }
    }
}
