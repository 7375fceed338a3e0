import Foundation
import Sodium
import Testing

@testable import Encoding
@testable import ServiceSupport

/// A directory of its own for a test, removed afterwards.
func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = NSTemporaryDirectory() + "semblance-support-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(
        atPath: directory,
        withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700]
    )
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try body(directory)
}

@Suite("files")
struct FileTests {
    @Test("a secret is created with mode 0600 whatever the umask, and never replaced")
    func create() throws {
        try withDirectory { directory in
            let path = directory + "/key"
            let old = umask(0)
            defer { umask(old) }
            try SafeFile.create(path, contents: SecretBytes(copying: [1, 2, 3]))
            var info = stat()
            #expect(lstat(path, &info) == 0 && info.st_mode & 0o7777 == 0o600)
            #expect(throws: FileError.alreadyExists(path: path)) {
                try SafeFile.create(path, contents: SecretBytes(copying: [9]))
            }
            #expect(try SafeFile.read(path, maximum: 3, privacy: .secret) == [1, 2, 3])
            #expect(throws: FileError.tooLong(path: path, maximum: 2)) {
                try SafeFile.read(path, maximum: 2, privacy: .secret)
            }
            // A dangling link is not followed to a place of the attacker's choice.
            let link = directory + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory + "/elsewhere")
            #expect(throws: FileError.alreadyExists(path: link)) {
                try SafeFile.create(link, contents: SecretBytes(copying: [9]))
            }
            #expect(!FileManager.default.fileExists(atPath: directory + "/elsewhere"))
        }
    }

    @Test("links, FIFOs, directories, open modes, foreign owners and relative paths are refused by name")
    func refusals() throws {
        try withDirectory { directory in
            let path = directory + "/file"
            try SafeFile.create(path, contents: SecretBytes(copying: [1]))
            let link = directory + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            let fifo = directory + "/fifo"
            mkfifo(fifo, 0o600)
            #expect(throws: FileError.wrongKind(path: link)) { try SafeFile.read(link, maximum: 9, privacy: .secret) }
            #expect(throws: FileError.wrongKind(path: fifo)) { try SafeFile.read(fifo, maximum: 9, privacy: .secret) }
            #expect(throws: FileError.wrongKind(path: directory)) {
                try SafeFile.read(directory, maximum: 9, privacy: .secret)
            }
            #expect(throws: FileError.missing(path: directory + "/none")) {
                try SafeFile.read(directory + "/none", maximum: 9, privacy: .secret)
            }
            #expect(throws: FileError.notAbsolute(path: "file")) {
                try SafeFile.read("file", maximum: 9, privacy: .secret)
            }
            for mode: mode_t in [0o640, 0o604, 0o620, 0o601] {
                chmod(path, mode)
                #expect(throws: FileError.tooOpen(path: path, mode: mode)) {
                    try SafeFile.read(path, maximum: 9, privacy: .secret)
                }
            }
            chmod(path, 0o644)
            #expect(try SafeFile.read(path, maximum: 9, privacy: .readable) == [1])
            chmod(path, 0o646)
            #expect(throws: FileError.tooOpen(path: path, mode: 0o646)) {
                try SafeFile.read(path, maximum: 9, privacy: .readable)
            }
            if getuid() == 0 {
                chmod(path, 0o600)
                chown(path, 12345, 12345)
                #expect(throws: FileError.wrongOwner(path: path, uid: 12345)) {
                    try SafeFile.read(path, maximum: 9, privacy: .secret)
                }
            }
        }
    }

    @Test("a secret directory is made closed and must stay closed")
    func directory() throws {
        try withDirectory { directory in
            let path = directory + "/vault"
            try SafeFile.secretDirectory(path)
            var info = stat()
            #expect(lstat(path, &info) == 0 && info.st_mode & 0o7777 == 0o700)
            try SafeFile.secretDirectory(path)
            chmod(path, 0o750)
            #expect(throws: FileError.tooOpen(path: path, mode: 0o750)) { try SafeFile.secretDirectory(path) }
            let link = directory + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            #expect(throws: FileError.wrongKind(path: link)) { try SafeFile.secretDirectory(link) }
            #expect(throws: FileError.notAbsolute(path: "x")) { try SafeFile.secretDirectory("x") }
        }
    }

    @Test("a key file is made once and has its exact length")
    func secretFile() throws {
        try withDirectory { directory in
            let path = directory + "/key"
            let first = try SecretFile.loadOrCreate(path, count: 32)
            let second = try SecretFile.loadOrCreate(path, count: 32)
            #expect(first.withUnsafeBytes { Array($0) } == second.withUnsafeBytes { Array($0) })
            #expect(first.count == 32)
            #expect(throws: FileError.wrongLength(path: path, expected: 33)) { try SecretFile.load(path, count: 33) }
            #expect(throws: FileError.tooLong(path: path, maximum: 31)) { try SecretFile.load(path, count: 31) }
        }
    }

    @Test("configuration: good, misspelt, mistyped, missing, not JSON, writable by others")
    func configuration() throws {
        struct Options: ConfigurationSchema, Equatable {
            let audience: String
            let limit: Int?
        }
        try withDirectory { directory in
            let path = directory + "/config.json"
            func load(_ text: String) throws -> Options {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                chmod(path, 0o644)
                return try ConfigurationFile.load(Options.self, from: path)
            }
            let loaded = try load(#"{"audience": "a", "limit": 3}"#)
            #expect(loaded == Options(audience: "a", limit: 3))
            #expect(throws: FileError.malformed(path: path, reason: "unknown option \"audiense\"")) {
                try load(#"{"audience": "a", "audiense": "a"}"#)
            }
            #expect(
                throws: FileError.malformed(
                    path: path,
                    reason: "\"limit\": of the wrong type: a whole number is wanted"
                )
            ) {
                try load(#"{"audience": "a", "limit": "3"}"#)
            }
            #expect(throws: FileError.malformed(path: path, reason: "the option \"audience\" is missing")) {
                try load("{}")
            }
            #expect(throws: FileError.malformed(path: path, reason: "line 1: it ends too early")) { try load("[") }
            #expect(throws: FileError.malformed(path: path, reason: "not a JSON object")) { try load("[]") }
            #expect(throws: FileError.tooLong(path: path, maximum: ConfigurationFile.maximumByteCount)) {
                try load(String(repeating: " ", count: ConfigurationFile.maximumByteCount + 1))
            }
            chmod(path, 0o664)
            #expect(throws: FileError.tooOpen(path: path, mode: 0o664)) {
                try ConfigurationFile.load(Options.self, from: path)
            }
        }
    }
}

@Suite("accounts")
struct UserNameTests {
    @Test("a user in configuration is a name or digits, an account only a name")
    func byName() {
        #expect(UserName.uid("root") == 0 && UserName.uid("0") == 0 && UserName.uid("12345") == 12345)
        #expect(UserName.uid("4294967294") == 4_294_967_294)
        for text in ["", "4294967295", "99999999999", "-1", "no-such-user-here", "root\0"] {
            #expect(UserName.uid(text) == nil, "\(text)")
        }
        #expect(UserName.uid(ofAccount: "root") == 0)
        for name in ["", "0", "12345", "root\0", "no-such-user-here"] {
            #expect(UserName.uid(ofAccount: name) == nil, "\(name)")
        }
        #expect(Accounts.system.uid("root") == 0 && Accounts.system.name(0) == "root")
        #expect(Accounts.system.uid("0") == nil)
        #expect(UserName.isDigitsOnly("007") && !UserName.isDigitsOnly("") && !UserName.isDigitsOnly("７"))
    }

    @Test("names by uid; many threads at once get each their own answer")
    func byUID() async {
        #expect(UserName.name(of: 0) == "root")
        #expect(UserName.name(of: 4_000_000_000) == nil)
        // Every Debian system has these (base-passwd).
        let known: [(String, UInt32)] = [("root", 0), ("daemon", 1), ("bin", 2), ("sys", 3)]
        let wrong = await withTaskGroup(of: Int.self) { group in
            for index in 0..<8 {
                group.addTask {
                    let (name, uid) = known[index % known.count]
                    return (0..<500).count { _ in
                        UserName.name(of: uid) != name || UserName.uid(ofAccount: name) != uid
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}

@Suite("service manager")
struct ServiceManagerTests {
    /// A datagram socket that plays the service manager.
    private final class Manager {
        let descriptor: Int32

        init(_ name: [UInt8]) {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
            }
            var timeout = timeval(tv_sec: 2, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        }

        deinit { close(descriptor) }

        func receive() -> String? {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
        }
    }

    @Test("messages reach a socket in the file system and an abstract one", arguments: [false, true])
    func notify(_ isAbstract: Bool) throws {
        try withDirectory { directory in
            let name = "semblance-test-" + UUID().uuidString
            let path = isAbstract ? "@" + name : directory + "/notify"
            let manager = Manager(isAbstract ? [0] + Array(name.utf8) : Array(path.utf8))
            let notifier = ServiceNotifier(socket: path, watchdogMicroseconds: "3000000", watchdogPID: "\(getpid())")
            notifier.ready(status: "one\nFDSTORE=1")
            #expect(manager.receive() == "READY=1\nSTATUS=one FDSTORE=1")
            notifier.status("two")
            #expect(manager.receive() == "STATUS=two")
            notifier.watchdog()
            #expect(manager.receive() == "WATCHDOG=1")
            notifier.stopping()
            #expect(manager.receive() == "STOPPING=1")
            #expect(notifier.watchdogInterval == .microseconds(1_500_000))
        }
    }

    @Test("no manager, no messages; somebody else's watchdog is not ours")
    func silence() {
        for path in [nil, "", "@", "relative", "/" + String(repeating: "x", count: 200)] as [String?] {
            ServiceNotifier(socket: path).ready(status: "x")
        }
        #expect(ServiceNotifier(socket: nil).watchdogInterval == nil)
        #expect(ServiceNotifier(socket: nil, watchdogMicroseconds: "100", watchdogPID: "1").watchdogInterval == nil)
        for text in ["", "x", "0", "-1", "99999999999999999999"] {
            #expect(ServiceNotifier(socket: nil, watchdogMicroseconds: text).watchdogInterval == nil)
        }
    }

    @Test("passed sockets are taken only with the right pid and a sane count")
    func activation() {
        let mine = "\(getpid())"
        #expect(SocketActivation.sockets(pid: nil, count: "1", names: nil).isEmpty)
        #expect(SocketActivation.sockets(pid: "1", count: "1", names: nil).isEmpty)
        #expect(SocketActivation.sockets(pid: mine, count: nil, names: nil).isEmpty)
        for count in ["0", "-1", "65", "x", "", "99999999999"] {
            #expect(SocketActivation.sockets(pid: mine, count: count, names: nil).isEmpty)
        }
    }

    @Test("socket activation end to end: variables are removed, close-on-exec is set")
    func activationOfAProcess() throws {
        // A child of this test program's own would inherit nothing; the variables are set here for this very process.
        setenv("LISTEN_PID", "\(getpid())", 1)
        setenv("LISTEN_FDS", "1", 1)
        setenv("LISTEN_FDNAMES", "prover:extra", 1)
        let spare = open("/dev/null", O_RDONLY)
        let hadThree = fcntl(3, F_GETFD) >= 0
        if !hadThree { dup2(spare, 3) }
        let flags = fcntl(3, F_GETFD)
        let sockets = SocketActivation.takeSockets()
        #expect(sockets == [.init(descriptor: 3, name: "prover")])
        #expect(fcntl(3, F_GETFD) & FD_CLOEXEC != 0)
        #expect(getenv("LISTEN_PID") == nil && getenv("LISTEN_FDS") == nil && getenv("LISTEN_FDNAMES") == nil)
        if hadThree { _ = fcntl(3, F_SETFD, flags) } else { close(3) }
        close(spare)
    }
}
