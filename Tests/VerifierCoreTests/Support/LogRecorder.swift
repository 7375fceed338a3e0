import Logging
import Synchronization

/// Keeps what is logged, one line per event with its metadata.
final class LogRecorder: Sendable {
    private let stored = Mutex<[String]>([])

    var lines: [String] { stored.withLock { $0 } }

    var handler: any LogHandler { Handler(recorder: self) }

    fileprivate func append(_ line: String) {
        stored.withLock { $0.append(line) }
    }
}

private struct Handler: LogHandler {
    let recorder: LogRecorder
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        recorder.append("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}
