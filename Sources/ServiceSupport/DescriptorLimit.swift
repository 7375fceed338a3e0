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

    /// Connections that fit into `available` descriptors.
    ///
    /// - Parameters:
    ///   - wanted: connections of each service, the first of which is kept longest.
    ///   - reserve: descriptors for everything else.
    public static func share(_ available: Int, wanted: [Int], reserve: Int) -> [Int] {
        var left = max(0, available - reserve)
        return wanted.map { count in
            let granted = min(count, left)
            left -= granted
            return granted
        }
    }
}
