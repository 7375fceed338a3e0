import Foundation
import GRDB
import ServiceSupport
import Sodium
import Testing

@testable import Vault

@Suite("origins of enrolments")
struct OriginTests {
    @Test("an enrolment has the origin that it was made at")
    func enrolment() throws {
        try Bench.run { bench in
            let made = try opening(1)
            try bench.open().addPending(alice, uid: 1000, origin: here, policy: policy, opening: made)
            let vault = try bench.open()
            #expect(try vault.enrolment(alice)?.origin == here)
            try vault.commit(alice, template(made, 0))
            #expect(try vault.enrolment(alice)?.origin == here)
            // It is not moved.
            try vault.pin(alice, to: try #require(Origin("https://evil.example")))
            #expect(try vault.enrolment(alice)?.origin == here)
            #expect(try vault.opening(alice).encode() == made.encode())
        }
    }

    @Test("a vault of version 2 is read; its enrolment gets an origin once, and all its openings a seal over it")
    func versionTwo() throws {
        try Bench.run { bench in
            let (first, second, third) = (try opening(1), try opening(2), try opening(3))
            let new = PinnedPolicy(
                verifierKey: policy.verifierKey,
                model: [UInt8](repeating: 0x6e, count: 32),
                dimension: policy.dimension,
                threshold: policy.threshold + 5,
                minimumNorm: policy.minimumNorm,
                assurance: policy.assurance
            )
            var vault = try bench.open()
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: first)
            try vault.commit(alice, template(first, 0))
            try vault.addPending(alice, after: template(first, 0), opening: second, isRefresh: false)
            try vault.addPending(alice, after: template(first, 0), opening: third, isRefresh: true, policy: new)
            try bench.becomeVersionTwo()

            vault = try bench.open()
            #expect(try vault.enrolment(alice)?.origin == nil)
            #expect(try vault.opening(alice).encode() == first.encode())
            #expect(try vault.opening(alice, of: template(third, 1)).encode() == third.encode())
            // What is added before the origin is known is sealed without one.
            let fourth = try opening(4)
            try vault.addPending(alice, after: template(first, 0), opening: fourth, isRefresh: false)

            try vault.pin(alice, to: here)
            vault = try bench.open()
            #expect(try vault.enrolment(alice)?.origin == here)
            #expect(try vault.opening(alice).encode() == first.encode())
            for made in [second, third, fourth] {
                #expect(try vault.opening(alice, of: template(made, 1)).encode() == made.encode())
            }
            try bench.tamper("UPDATE enrolment SET origin = NULL")
            #expect(throws: VaultError.brokenSeal(label: "default")) { try vault.opening(alice) }
        }
    }

    @Test("a broken seal is not covered by a new one, and nothing is half pinned")
    func brokenSeal() throws {
        try Bench.run { bench in
            let (first, second) = (try opening(1), try opening(2))
            try bench.open().addPending(alice, uid: 1000, origin: here, policy: policy, opening: first)
            try bench.open().commit(alice, template(first, 0))
            try bench.open().addPending(alice, after: template(first, 0), opening: second, isRefresh: false)
            try bench.becomeVersionTwo()
            let vault = try bench.open()
            try bench.tamper("UPDATE opening SET sealed = zeroblob(100) WHERE slot = 'pending'")
            #expect(throws: VaultError.brokenSeal(label: "default")) { try vault.pin(alice, to: here) }
            #expect(try vault.enrolment(alice)?.origin == nil)
            #expect(try vault.opening(alice).encode() == first.encode())
        }
    }

    @Test("an origin that is none is damage")
    func damaged() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            try vault.addPending(alice, uid: 1000, origin: here, policy: policy, opening: try opening(1))
            try bench.tamper("UPDATE enrolment SET origin = 'https://Login.example.org/'")
            #expect(throws: VaultError.corrupt) { try vault.enrolments() }
        }
    }

    @Test("device keys: the same again, another for each person, origin and vault")
    func deviceKeys() throws {
        try Bench.run { bench in
            let vault = try bench.open()
            let there = try #require(Origin("https://login.example.org:8443"))
            let key = vault.deviceKey(of: 1000, at: here).publicKey
            #expect(try bench.open().deviceKey(of: 1000, at: here).publicKey == key)
            #expect(vault.deviceKey(of: 1001, at: here).publicKey != key)
            #expect(vault.deviceKey(of: 1000, at: there).publicKey != key)
            try Bench.run { other in
                let directory = other.directory
                let vault = try Vault(directory: directory, key: .random(count: 32), clock: other.clock)
                #expect(vault.deviceKey(of: 1000, at: here).publicKey != key)
            }
        }
    }
}
