import Glibc

extension VarlinkListener.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unusablePath(let path): "\(path): not an absolute path of at most 107 bytes"
        case .pathOccupied(let path): "\(path): something that is not a socket is there"
        case .alreadyServed(let path): "\(path): another process is serving there"
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .notListening(let descriptor): "descriptor \(descriptor) is not a listening Unix stream socket"
        }
    }
}
