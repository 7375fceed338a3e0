import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// One request over HTTP and its answer. The server is not trusted: what it sends is bounded in bytes and in time, and it
/// cannot send the request on to another place.
enum HTTPExchange {
    /// The longest answer in bytes, after any decompression.
    static let replyLimit = 1 << 20
    /// How long the server may be silent, in seconds.
    private static let silence: TimeInterval = 30
    /// How long a whole exchange may take, in seconds.
    private static let duration: TimeInterval = 60

    enum Failure: Error {
        /// In words.
        case unreachable(String)
        case tooLong
    }

    /// Sends a request; an answer of any status counts, a redirect as what it is.
    static func send(_ request: URLRequest) async throws -> (data: Data, status: Int) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = silence
        configuration.timeoutIntervalForResource = duration
        configuration.httpCookieStorage = nil
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        let reply = BoundedReply(limit: replyLimit)
        let session = URLSession(configuration: configuration, delegate: reply, delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        return try await reply.waiting { session.dataTask(with: request).resume() }
    }
}

/// Collects one answer up to a limit.
private final class BoundedReply: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private typealias Waiter = CheckedContinuation<(data: Data, status: Int), any Error>

    private struct State {
        var data = Data()
        var status: Int?
        var isTooLong = false
        var waiter: Waiter?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    func waiting(_ start: () -> Void) async throws -> (data: Data, status: Int) {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { $0.waiter = continuation }
            start()
        }
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        state.withLock { $0.status = response.statusCode }
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLong = state.withLock { state in
            if state.data.count + data.count > limit { state.isTooLong = true }
            if !state.isTooLong { state.data.append(data) }
            return state.isTooLong
        }
        if isTooLong { dataTask.cancel() }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let status = (task.response as? HTTPURLResponse)?.statusCode
        let (waiter, result) = state.withLock { state in
            defer { state.waiter = nil }
            return (state.waiter, Self.result(state, status: status, error))
        }
        waiter?.resume(with: result)
    }

    private static func result(
        _ state: State,
        status: Int?,
        _ error: (any Error)?
    ) -> Result<(data: Data, status: Int), any Error> {
        if state.isTooLong { return .failure(HTTPExchange.Failure.tooLong) }
        if let error { return .failure(HTTPExchange.Failure.unreachable(error.localizedDescription)) }
        guard let status = status ?? state.status else { return .failure(HTTPExchange.Failure.unreachable("no answer")) }
        return .success((state.data, status))
    }
}
