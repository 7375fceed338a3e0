import CFprintBus
import Glibc
import Synchronization

/// `net.reactivated.Fprint` on a message bus. Every function may be called from everywhere.
public final class MessageBus: Sendable {
    /// What comes in. Called on the bus's thread, which waits for it.
    struct Events: Sendable {
        /// device: nil for a method of the manager.
        let called:
            @Sendable (_ call: BusCall, _ device: Int?, _ member: String, _ sender: String, _ argument: String) -> Void
        let left: @Sendable (_ device: Int) -> Void
    }

    /// Why there is no bus, in words.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    // The functions of CFprintBus lock.
    private nonisolated(unsafe) let bus: OpaquePointer
    private let events: EventsBox

    /// Reached by the C side through a pointer, which lives as long as the bus: as long as the program.
    private final class EventsBox: Sendable {
        private let events = Mutex<(MessageBus, Events)?>(nil)

        func set(_ bus: MessageBus, _ events: Events) { self.events.withLock { $0 = (bus, events) } }
        var value: (MessageBus, Events)? { events.withLock { $0 } }
    }

    /// - Parameter address: such as `unix:path=/run/dbus/system_bus_socket`.
    public init(address: String) throws(Failure) {
        let box = EventsBox()
        var made: OpaquePointer?
        let code = semblance_bus_open(address, Self.callbacks(Unmanaged.passRetained(box).toOpaque()), &made)
        guard code >= 0, let made else {
            throw Failure(description: "no message bus at \(address): \(String(cString: strerror(-code)))")
        }
        bus = made
        events = box
    }

    private static func callbacks(_ context: UnsafeMutableRawPointer) -> semblance_bus_events {
        semblance_bus_events(
            context: context,
            called: { context, call, device, member, sender, argument in
                guard let context, let call, let member, let sender, let argument else { return }
                let box = Unmanaged<EventsBox>.fromOpaque(context).takeUnretainedValue()
                guard let (bus, events) = box.value else { return }
                events.called(
                    BusCall(call, on: bus),
                    device < 0 ? nil : Int(device),
                    String(cString: member),
                    String(cString: sender),
                    String(cString: argument)
                )
            },
            left: { context, device in
                guard let context else { return }
                let box = Unmanaged<EventsBox>.fromOpaque(context).takeUnretainedValue()
                if let (_, events) = box.value { events.left(Int(device)) }
            }
        )
    }

    /// Takes the name and serves on a thread of its own.
    ///
    /// - Parameter ended: called there when the bus has gone.
    func serve(_ events: Events, ended: @escaping @Sendable (Failure) -> Void) throws(Failure) {
        self.events.set(self, events)
        let code = semblance_bus_take_name(bus)
        guard code >= 0 else {
            let why = code == -EEXIST ? "another program, such as fprintd, has it" : String(cString: strerror(-code))
            throw Failure(description: "cannot be net.reactivated.Fprint on the bus: \(why)")
        }
        let thread = BusThread { [self] in
            let code = semblance_bus_run(bus)
            ended(Failure(description: "the message bus has gone: \(String(cString: strerror(-code)))"))
        }
        guard thread.start() else { throw Failure(description: "no thread can be started") }
    }

    /// The number of a new device; nil where there are as many as may be.
    func addDevice(_ name: String) -> Int? {
        // What it is swiped or pressed for only its driver knows.
        let number = semblance_bus_add_device(bus, name, "press")
        return number < 0 ? nil : Int(number)
    }

    func caller(_ name: String) -> (uid: UInt32, pid: Int32)? {
        var (uid, pid): (UInt32, Int32) = (0, 0)
        guard semblance_bus_caller(bus, name, &uid, &pid) >= 0, pid > 0 else { return nil }
        return (uid, pid)
    }

    /// Whether `left` will be called when that connection has gone; false where it has.
    func watch(_ name: String?, for device: Int) -> Bool {
        semblance_bus_watch(bus, Int32(device), name) >= 0
    }

    /// - Parameter enrolStages: -1 while nobody has claimed the device.
    func set(_ device: Int, enrolStages: Int32, fingerNeeded: Bool) {
        _ = semblance_bus_set(bus, Int32(device), enrolStages, fingerNeeded)
    }

    /// - Parameter isDone: nil for a signal without.
    func signal(_ member: String, _ text: String, isDone: Bool? = nil, of device: Int, to receiver: String) {
        _ = semblance_bus_signal(bus, Int32(device), receiver, member, text, isDone.map { $0 ? 1 : 0 } ?? -1)
    }

    fileprivate func reply(_ call: OpaquePointer, _ answer: BusCall.Answer) {
        switch answer {
        case .nothing: _ = semblance_bus_reply(bus, call)
        case .texts(let texts):
            let copies = texts.map { strdup($0) }
            defer { copies.forEach { free($0) } }
            let pointers = copies.map { UnsafePointer($0) }
            // An empty array has no address, and an absent one would be no array.
            (pointers + [nil]).withUnsafeBufferPointer {
                _ = semblance_bus_reply_texts(bus, call, $0.baseAddress, texts.count)
            }
        case .devices(let devices):
            let numbers = devices.map { Int32($0) }
            _ = semblance_bus_reply_devices(bus, call, numbers, numbers.count, true)
        case .device(let device): _ = semblance_bus_reply_devices(bus, call, [Int32(device)], 1, false)
        case .error(let error): _ = semblance_bus_reply_error(bus, call, error.name, error.words)
        }
    }
}

/// A method call that is answered once, by whoever comes first; by a fault, where nobody does.
final class BusCall: Sendable {
    enum Answer: Sendable {
        case nothing
        case texts([String])
        case devices([Int])
        case device(Int)
        case error(FprintError)
    }

    private struct Pending: @unchecked Sendable { let call: OpaquePointer }

    private let pending: Mutex<Pending?>
    private let bus: MessageBus

    init(_ call: OpaquePointer, on bus: MessageBus) {
        pending = Mutex(Pending(call: call))
        self.bus = bus
    }

    deinit {
        answer(.error(FprintError(.internalFault, "nobody answered")))
    }

    /// Whether this was the answer.
    @discardableResult
    func answer(_ answer: Answer) -> Bool {
        let call = pending.withLock { pending in
            defer { pending = nil }
            return pending
        }
        guard let call else { return false }
        bus.reply(call.call, answer)
        return true
    }
}

/// A thread that runs one closure.
private final class BusThread: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func start() -> Bool {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                if let context { Unmanaged<BusThread>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            },
            context
        )
        guard code == 0 else { return false }
        pthread_detach(thread)
        return true
    }
}
