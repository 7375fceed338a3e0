import Varlink

extension VarlinkClient {
    /// Says whom this connection is for (``ProxyRule``).
    func actFor(uid: UInt32, pid: Int32, failure: (VarlinkClientError) -> any Error) async throws {
        do {
            _ = try await call(
                VarlinkInterface.proxy.name + ".ActFor",
                ["uid": .integer(Int64(uid)), "pid": .integer(Int64(pid))]
            )
        } catch {
            throw failure(error)
        }
    }
}
