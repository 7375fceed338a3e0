import Glibc

/// What can be wrong with a kind of device, or with what is in front of it; in words.
package protocol DeviceFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Whether it may pass by itself: a device that is plugged in again, wakes up, or is given back by a program.
    var mayPass: Bool { get }
    /// Whether the person in front of the device can change it.
    var isPersonal: Bool { get }
}

/// Who looks through a device: says when a frame is wanted, and is told what is wrong.
package protocol LookDesk<Fault>: AnyObject, Sendable {
    associatedtype Fault: DeviceFault

    /// Whether the look has ended.
    var isOver: Bool { get }
    /// Whether somebody waits for a frame.
    var isWanted: Bool { get }
    /// What the person can do; the look goes on.
    func advise(_ fault: Fault)
    /// No frame will come.
    func fail(_ fault: Fault)
    /// Told many times a second, as long as the device lets us go on.
    func beat()
}

extension LookDesk {
    /// Looks, and again after a fault that may pass. Ends when the desk says so, or after it was told a fault.
    ///
    /// - Parameters:
    ///   - memory: what earlier looks have seen. Of a device that has not been seen yet less is hoped.
    ///   - patience: how long a fault that may pass is waited for.
    ///   - pause: between two looks.
    ///   - lookOnce: one look, from opening the device to closing it; it calls its last argument at each good frame.
    package func keepLooking(
        _ memory: inout FrameMemory,
        patience: Duration,
        pauseMilliseconds pause: UInt32,
        _ lookOnce: (inout FrameMemory, () -> Void) throws(Fault) -> Void
    ) {
        var troubleSince: ContinuousClock.Instant?
        while !isOver {
            beat()
            do {
                try lookOnce(&memory) { troubleSince = nil }
                return
            } catch {
                let since = troubleSince ?? .now
                troubleSince = since
                let limit = memory.isEmpty ? patience / 4 : patience
                guard error.mayPass, ContinuousClock.now - since < limit else { return fail(error) }
                advise(error)
                usleep(pause * 1000)
            }
        }
    }
}

/// The frames of a device that were looked at lately, as hashes. A sensor's noise makes no two alike: one that comes again was
/// recorded. It outlives a capture, so that a loop longer than one is found as well.
package struct FrameMemory: Sendable {
    private let capacity: Int
    private var hashes: Set<[UInt8]> = []
    private var order: [[UInt8]] = []
    private var oldest = 0

    /// - Parameter capacity: how many are remembered; at least 1.
    package init(capacity: Int) { self.capacity = capacity }

    /// Whether the device has given no frame yet.
    package var isEmpty: Bool { order.isEmpty }

    /// - Returns: whether it is there already.
    package mutating func add(_ hash: [UInt8]) -> Bool {
        guard hashes.insert(hash).inserted else { return true }
        if order.count < capacity {
            order.append(hash)
        } else {
            hashes.remove(order[oldest])
            order[oldest] = hash
            oldest = (oldest + 1) % capacity
        }
        return false
    }
}
