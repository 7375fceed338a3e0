import Foundation
import Testing

@testable import Varlink

@Suite("socket paths")
struct PathTests {
    private func inDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "semblance-path-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    @Test("a socket gets its mode; a live one is not stolen, a dead one is replaced, another file is left alone")
    func listening() async throws {
        try await inDirectory { directory in
            let path = directory + "/socket"
            let old = umask(0o077)
            let listener = try VarlinkListener(path: path, mode: 0o666)
            umask(old)
            var info = stat()
            #expect(lstat(path, &info) == 0 && info.st_mode & 0o777 == 0o666)
            #expect(throws: VarlinkListener.Failure.alreadyServed(path)) {
                try VarlinkListener(path: path, mode: 0o600)
            }
            close(listener.descriptor)
            let second = try VarlinkListener(path: path, mode: 0o600)
            #expect(lstat(path, &info) == 0 && info.st_mode & 0o777 == 0o600)
            second.removePath()
            #expect(lstat(path, &info) != 0)
            close(second.descriptor)
            let file = directory + "/file"
            try Data().write(to: URL(fileURLWithPath: file))
            #expect(throws: VarlinkListener.Failure.pathOccupied(file)) { try VarlinkListener(path: file, mode: 0o600) }
            #expect(throws: VarlinkListener.Failure.unusablePath("relative")) {
                try VarlinkListener(path: "relative", mode: 0o600)
            }
            let long = directory + "/" + String(repeating: "x", count: 108)
            #expect(throws: VarlinkListener.Failure.unusablePath(long)) { try VarlinkListener(path: long, mode: 0o600) }
            #expect(throws: VarlinkListener.Failure.notListening(0)) { try VarlinkListener(inherited: 0) }
        }
    }

    @Test("the server removes only its own socket")
    func foreignSocketStays() async throws {
        try await inDirectory { directory in
            let path = directory + "/socket"
            let first = try VarlinkListener(path: path, mode: 0o600)
            unlink(path)
            let second = try VarlinkListener(path: path, mode: 0o600)
            first.removePath()
            #expect(FileManager.default.fileExists(atPath: path))
            second.removePath()
            close(first.descriptor)
            close(second.descriptor)
        }
    }

    @Test("an inherited listening socket is served")
    func inherited() async throws {
        let service = try TestService { path in
            try VarlinkListener(inherited: try VarlinkListener(path: path, mode: 0o600).descriptor)
        }
        let client = try await service.client()
        _ = try await client.call("org.semblance.test.Who")
        await client.close()
        try await service.stop()
    }

    @Test("a client believes only a path that nobody else can replace")
    func clientChecks() async throws {
        try await inDirectory { directory in
            let path = directory + "/socket"
            let listener = try VarlinkListener(path: path, mode: 0o600)
            defer { close(listener.descriptor) }
            let me = getuid()
            try SocketPath.check(path, owners: [me])
            func reason(_ path: String, _ owners: Set<UInt32>) -> String? {
                do {
                    try SocketPath.check(path, owners: owners)
                    return nil
                } catch {
                    switch error {
                    case .unsafePath(_, let reason): return reason
                    case .cannotConnect: return "missing"
                    default: return "\(error)"
                    }
                }
            }
            #expect(reason("socket", [me]) == "not absolute")
            #expect(reason("", [me]) == "not absolute")
            #expect(reason("/", [me]) == "not a plain path")
            #expect(reason(directory + "/../x/socket", [me]) == "not a plain path")
            #expect(reason(directory + "/none", [me]) == "missing")
            #expect(reason(directory + "/none/socket", [me]) == "missing")
            try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: path)
            #expect(reason(directory + "/link", [me]) == "not a socket")
            try FileManager.default.createSymbolicLink(atPath: directory + "/dir", withDestinationPath: directory)
            #expect(reason(directory + "/dir/socket", [me]) == "not a directory")
            mkfifo(directory + "/fifo", 0o600)
            #expect(reason(directory + "/fifo", [me]) == "not a socket")
            chmod(directory, 0o777)
            #expect(reason(path, [me]) == "others can replace what is in it")
            chmod(directory, 0o1777)
            #expect(reason(path, [me]) == nil)
            chmod(directory, 0o700)
            if me == 0 {
                chown(path, 12345, 12345)
                #expect(reason(path, []) == "belongs to uid 12345")
                #expect(reason(path, [12345]) == nil)
                chown(directory, 54321, 54321)
                #expect(reason(path, [12345]) == "others can replace what is in it")
            }
        }
    }

    @Test(
        "a listener that runs as somebody else is not believed",
        .enabled(if: getuid() == 0, "needs root to be another user")
    )
    func foreignListener() async throws {
        try await inDirectory { directory in
            chmod(directory, 0o1777)
            let path = directory + "/socket"
            let script = """
                import os, socket, sys, time
                os.setgid(12345); os.setuid(12345)
                s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); os.chmod(sys.argv[1], 0o666)
                print("ready", flush=True); sys.stdin.read()
                """
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script, path]
            let output = Pipe()
            let input = Pipe()
            process.standardOutput = output
            process.standardInput = input
            try process.run()
            defer {
                try? input.fileHandleForWriting.close()
                process.waitUntilExit()
            }
            _ = await blocking { output.fileHandleForReading.availableData }
            await #expect(throws: VarlinkClientError.unsafePath(path, reason: "belongs to uid 12345")) {
                try await VarlinkClient.connect(to: path, trusted: [])
            }
            // The path may be made to look right; the kernel's word about the listener counts.
            chown(path, 0, 0)
            await #expect(throws: VarlinkClientError.untrustedPeer(uid: 12345)) {
                try await VarlinkClient.connect(to: path, trusted: [])
            }
            let client = try await VarlinkClient.connect(to: path, trusted: [12345])
            #expect(client.peer.uid == 12345)
            await client.close()
        }
    }
}
