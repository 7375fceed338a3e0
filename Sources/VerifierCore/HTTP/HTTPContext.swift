import Hummingbird
import NIOCore

/// What a request brings along besides itself: where it came from.
struct HTTPContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's IP address as text; empty if the system does not tell it.
    let address: String

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.address = source.channel.remoteAddress?.ipAddress ?? ""
    }
}
