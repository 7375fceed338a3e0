import Glibc
import NIOCore

/// Where the HTTP service listens.
public enum HTTPEndpoint: Sendable {
    case address(String, port: Int)
    /// A listening TCP socket that the service manager passed.
    case passed(descriptor: Int32)

    /// - Parameter isEncrypted: plain HTTP is served on loopback addresses only.
    /// - Throws: ``ConfigurationError/plainHTTPBeyondLoopback(address:)``, or `invalid` for a descriptor that is no
    ///   listening TCP socket.
    func check(isEncrypted: Bool) throws(ConfigurationError) {
        guard case .passed(let descriptor) = self else { return }
        guard Self.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
            Self.option(descriptor, SO_ACCEPTCONN) == 1, let address = Self.localAddress(of: descriptor)
        else { throw .invalid(key: "http", reason: "the passed socket is not a listening TCP socket") }
        guard isEncrypted || address.isLoopback else { throw .plainHTTPBeyondLoopback(address: "\(address)") }
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : -1
    }

    private static func localAddress(of descriptor: Int32) -> NetworkAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return nil }
        let bytes = withUnsafeBytes(of: storage) { Array($0) }
        switch Int32(storage.ss_family) {
        // sin_addr stands after family and port, sin6_addr after flow information as well.
        case AF_INET: return NetworkAddress(bytes: Array(bytes[4..<8]))
        case AF_INET6: return NetworkAddress(bytes: Array(bytes[8..<24]))
        default: return nil
        }
    }
}
