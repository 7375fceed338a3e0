import Foundation
import Glibc

/// A TCP client without any manners of its own, for sending what no library would send.
struct RawClient: Sendable {
    let port: Int

    /// Connects, sends `parts` with a pause after each, and reads until the server closes or `timeout` is over.
    ///
    /// - Returns: what came back, and whether the server closed the connection.
    func exchange(
        _ parts: [[UInt8]],
        pauseMilliseconds: UInt32 = 0,
        halfClosing: Bool = false,
        timeout: Double = 10
    ) async -> (text: String, isClosed: Bool) {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: run(parts, pauseMilliseconds, halfClosing, timeout))
            }
        }
    }

    /// One request with `Connection: close`; returns the status and the body.
    func request(
        _ method: String,
        _ path: String,
        body: String? = nil,
        headers: [String] = ["Content-Type: application/json"]
    ) async -> (status: Int, body: String) {
        let payload = Array((body ?? "").utf8)
        let head =
            (["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
            + ["Content-Length: \(payload.count)", "", ""]).joined(separator: "\r\n")
        let (text, _) = await exchange([Array(head.utf8) + payload])
        let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let body = text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
        return (status, body)
    }

    /// A connection that has sent `bytes` and stays open until the caller closes it; -1 if there is none.
    func open(_ bytes: [UInt8]) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard connects(descriptor), send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            close(descriptor)
            return -1
        }
        return descriptor
    }

    private func connects(_ descriptor: Int32) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private func run(_ parts: [[UInt8]], _ pause: UInt32, _ halfClosing: Bool, _ timeout: Double) -> (String, Bool) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        guard connects(descriptor) else { return ("", true) }
        for part in parts {
            var offset = 0
            while offset < part.count {
                let count = part.withUnsafeBytes {
                    send(descriptor, $0.baseAddress?.advanced(by: offset), part.count - offset, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { break }
                offset += count
            }
            if offset < part.count { break }
            if pause > 0 { usleep(pause * 1000) }
        }
        if halfClosing { shutdown(descriptor, Int32(SHUT_WR)) }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let end = Date().addingTimeInterval(timeout)
        while Date() < end {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, 100) > 0 else { continue }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return (String(decoding: received, as: UTF8.self), true) }
            received += buffer.prefix(count)
        }
        return (String(decoding: received, as: UTF8.self), false)
    }
}
