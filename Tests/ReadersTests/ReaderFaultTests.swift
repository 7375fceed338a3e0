import Devices
import ReaderTestSupport
import Synchronization
import Testing

@testable import Readers

/// What readers, their drivers and fingers do wrong: each is told in words, and the reader given back.
@Suite("reader faults")
struct ReaderFaultTests {
    @Test("a reader that works gives pictures, one a touch, and is closed when they are not wanted any more")
    func works() {
        let readers = FakeReaders()
        let desk = readers.look(ReaderChoice(), TestDesk(wanted: 3))
        #expect(desk.pictures.count == 3 && desk.fault == nil && desk.advice.isEmpty && readers.captures == 3)
        #expect(desk.pictures.allSatisfy { $0.image.width == 300 && $0.image.height == 360 && $0.dotsPerInch == 500 })
    }

    @Test("no libfprint, no reader, none of that name")
    func absent() {
        #expect(FakeReaders { $0.visitFault = { _ in .noLibrary } }.look().fault == .noLibrary)
        let none = FakeReaders { $0.readers = [] }
        #expect(none.look().fault == .noReader(name: nil, present: []))
        let desk = FakeReaders().look(ReaderChoice(name: "other"))
        #expect(desk.fault == .noReader(name: "other", present: ["fake"]))
        #expect("\(desk.fault!)".contains("\"other\"; there is \"fake\""))
    }

    @Test("a reader that matches on its chip is told by its name, and what to do instead")
    func onChip() {
        let chip = ReaderDescription(driver: "chip", product: "Acme Touch", givesPictures: false)
        let readers = FakeReaders { $0.readers = [chip] }
        for name in [nil, "chip"] {
            let desk = readers.look(ReaderChoice(name: name))
            #expect(desk.fault == .matchesOnChip(product: "Acme Touch") && readers.captures == 0)
            #expect("\(desk.fault!)".contains("Acme Touch compares fingers on its own chip"))
        }
        // Beside one that can be used it is not meant by "the only one".
        readers.change { $0.readers.append(ReaderDescription(driver: "fake", product: "Fake Reader")) }
        #expect(readers.look().pictures.count == 1)
        let refusing = FakeReaders { $0.touch = { _ in .error(.unsupported) } }
        #expect(refusing.look().fault == .matchesOnChip(product: "Fake Reader"))
    }

    @Test("two readers of one driver are told apart by the device's name only")
    func ambiguous() {
        let two = ["a", "b"].map { ReaderDescription(driver: "fake", identifier: $0, product: "Fake Reader") }
        let readers = FakeReaders { $0.readers = two }
        #expect(readers.look().fault == .ambiguous(name: "auto", present: ["fake:a", "fake:b"]))
        let fault = ReaderFault.ambiguous(name: "fake", present: ["fake:a", "fake:b"])
        #expect(readers.look(ReaderChoice(name: "fake")).fault == fault)
        #expect(readers.look(ReaderChoice(name: "fake:b")).pictures.count == 1)
    }

    @Test("another program has it: waited for a while, then told what to do", arguments: [ReaderError.busy, .denied])
    func busy(_ error: ReaderError) {
        let desk = FakeReaders { $0.openError = { _ in error } }.look()
        let fault: ReaderFault = error == .busy ? .busy : .notPermitted
        #expect(desk.fault == fault && desk.advice == [fault])
        #expect("\(fault)".contains(error == .busy ? "systemctl stop fprintd" : "DeviceAllow=char-usb_device"))
        let readers = FakeReaders { $0.openError = { $0 < 2 ? error : nil } }
        #expect(readers.look(patience: .seconds(20)).pictures.count == 1)
    }

    @Test("unplugged in mid capture: told; plugged in again in time: the look goes on")
    func unplugged() {
        let gone = FakeReaders { $0.touch = { _ in .error(.removed) } }
        #expect(gone.look().fault == .unplugged)
        let back = FakeReaders { $0.touch = { $0 == 0 ? .error(.removed) : .picture(FakePicture(seed: $0)) } }
        let desk = back.look(patience: .seconds(20))
        #expect(desk.pictures.count == 1 && desk.advice == [.unplugged] && desk.fault == nil)
    }

    @Test("too hot: told at once; a driver's own words are told as they are")
    func failed() {
        #expect(FakeReaders { $0.touch = { _ in .error(.tooHot) } }.look().fault == .tooHot)
        let desk = FakeReaders { $0.touch = { _ in .error(.other("protocol error")) } }.look()
        #expect(desk.fault == .failed("protocol error"))
        #expect("\(desk.fault!)".contains("protocol error; unplug it"))
    }

    @Test(
        "what the person can do better is advice, and the look goes on",
        arguments: zip(
            [ReaderError.tooShort, .offCentre, .mustLift, .again],
            [ReaderFault.tooShort, .offCentre, .lift, .again]
        )
    )
    func retries(_ error: ReaderError, _ advice: ReaderFault) {
        let readers = FakeReaders { $0.touch = { $0 < 2 ? .error(error) : .picture(FakePicture(seed: $0)) } }
        let desk = readers.look()
        #expect(desk.advice == [advice] && desk.pictures.count == 1 && desk.fault == nil && readers.captures == 3)
    }

    @Test("a reader that says so without end is not asked without end")
    func flood() {
        let readers = FakeReaders { $0.touch = { _ in .error(.again) } }
        let desk = readers.look(ReaderChoice(), TestDesk(time: .seconds(2)))
        #expect(desk.pictures.isEmpty && desk.fault == nil && readers.captures <= 9)
    }

    @Test("a finger that stays lying is to be lifted; a swipe is announced")
    func lying() {
        let desk = FakeReaders { $0.lying = .milliseconds(1200) }.look()
        #expect(desk.advice == [.lift] && desk.pictures.count == 1)
        let swipe = ReaderDescription(driver: "fake", product: "Fake Reader", isSwipe: true)
        #expect(FakeReaders { $0.readers = [swipe] }.look().advice == [.swipe])
    }

    @Test("no finger: the look ends when it is told to, and the reader is closed")
    func noFinger() {
        let desk = FakeReaders { $0.touch = { _ in nil } }.look(ReaderChoice(), TestDesk(time: .milliseconds(300)))
        #expect(desk.pictures.isEmpty && desk.fault == nil && desk.advice.isEmpty)
    }

    @Test("a driver that does not come back keeps what it uses, and says so")
    func hangs() {
        let readers = FakeReaders {
            $0.touch = { _ in nil }
            $0.heedsCancelling = false
        }
        let desk = TestDesk(time: .milliseconds(100))
        var memory = FrameMemory(capacity: ReaderLook.remembered)
        ReaderLook(ReaderChoice(), system: readers).look(for: desk, &memory)
        #expect(desk.fault == .silent && readers.abandonedCount == 1)
    }

    @Test("the same picture twice, in one look or another, is a recording")
    func recording() {
        let readers = FakeReaders { $0.touch = { _ in .picture(FakePicture(seed: 7)) } }
        #expect(readers.look(ReaderChoice(), TestDesk(wanted: 2)).fault == .recording)
        var memory = FrameMemory(capacity: ReaderLook.remembered)
        let look = ReaderLook(ReaderChoice(), system: readers)
        look.look(for: TestDesk(), &memory)
        let second = TestDesk()
        look.look(for: second, &memory)
        #expect(second.fault == .recording && second.pictures.isEmpty)
    }

    @Test("the list says what each can do")
    func list() {
        let chip = ReaderDescription(driver: "chip", product: "Acme Touch", givesPictures: false)
        let entries = ReaderList(FakeReaders { $0.readers.append(chip) }).entries
        #expect(entries.map(\.name) == ["fake", "chip"] && entries[0].fault == nil)
        #expect(entries[1].fault == .matchesOnChip(product: "Acme Touch"))
        #expect(ReaderList(FakeReaders { $0.visitFault = { _ in .noLibrary } }).fault == .noLibrary)
    }
}
