import Foundation
import GRDB
import Testing

@testable import Vault

@Suite("the sensor of an enrolment")
struct SensorKeyTests {
    private let key = [UInt8](repeating: 0x5e, count: 32)

    @discardableResult
    private func enrol(_ vault: Vault) throws -> [UInt8] {
        let made = try opening(1)
        try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: made, sensorKey: key)
        try vault.commit(alice, template(made, 0))
        return made.encode()
    }

    @Test("it is kept through receipts, rotations and upgrades, and goes with the enrolment")
    func kept() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            try enrol(vault)
            #expect(try bench.open().enrolment(alice)?.sensorKey == key)
            let current = try #require(try vault.enrolment(alice)?.current)
            let second = try opening(2)
            try vault.addPending(alice, after: current, opening: second, isRefresh: true, policy: policy)
            try vault.commit(alice, template(second, 1))
            #expect(try vault.enrolment(alice)?.sensorKey == key)
            #expect(try vault.enrolments().map(\.sensorKey) == [key])
            try vault.revoke(alice)
            // A later one under the same row's number is of no sensor of before.
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: try opening(3))
            #expect(try vault.enrolment(alice)?.sensorKey == nil)
        }
    }

    @Test("an enrolment that waits and is replaced takes its sensor along")
    func replaced() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            let made = try opening(1)
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: made, sensorKey: key)
            let other = [UInt8](repeating: 1, count: 32)
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: made, sensorKey: other)
            #expect(try vault.enrolment(alice)?.sensorKey == other)
        }
    }

    @Test("a vault of before sensors were kept is read, and its enrolments are of unknown ones")
    func older() throws {
        try Bench.run { bench in
            let made = try enrol(try bench.open())
            try bench.tamper("DROP TABLE sensor")
            let vault = try bench.open()
            #expect(try vault.enrolment(alice)?.sensorKey == nil)
            #expect(try vault.opening(alice).encode() == made)
        }
    }

    @Test("a key of another length is not kept", arguments: [0, 31, 33])
    func length(_ count: Int) throws {
        try Bench.run { bench in
            let vault = try bench.open()
            let made = try opening(1)
            #expect(throws: VaultError.self) {
                try vault.addPending(
                    alice,
                    uid: 1000,
                    origin: here,
                    policy: policy,
                    opening: made,
                    sensorKey: [UInt8](repeating: 1, count: count)
                )
            }
            #expect(try vault.enrolment(alice) == nil)
        }
    }
}
