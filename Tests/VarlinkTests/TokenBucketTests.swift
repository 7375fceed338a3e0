import NIOCore
import Testing

@testable import Varlink

@Suite("token buckets")
struct TokenBucketTests {
    @Test("so many at once, then at the rate; debts are paid first; it holds no more than it may")
    func levels() {
        var bucket = TokenBucket(capacity: 3, rate: 2, at: .seconds(10))
        for _ in 0..<3 { #expect(bucket.take(at: .seconds(10)) == 0) }
        #expect(bucket.level(at: .seconds(10)) == 0 && bucket.secondsToToken(at: .seconds(10)) == 0.5)
        #expect(bucket.take(at: .seconds(10)) == 0.5)
        #expect(bucket.level(at: .seconds(10)) == -1 && bucket.secondsToToken(at: .seconds(10)) == 1)
        #expect(bucket.level(at: .seconds(11)) == 1 && bucket.secondsToToken(at: .seconds(11)) == 0)
        #expect(!bucket.isFull(at: .milliseconds(11_999)) && bucket.isFull(at: .seconds(12)))
        #expect(bucket.level(at: .seconds(1_000_000)) == 3)
    }

    @Test("whole seconds are rounded up, but not by what a division left over")
    func wholeSeconds() {
        var bucket = TokenBucket(capacity: 1, rate: 1 / 3.0, at: .zero)
        #expect(bucket.delay(at: .zero) == nil)
        bucket.take(at: .zero)
        #expect((0...3).map { bucket.delay(at: .seconds($0)) } == [3, 2, 1, nil])
        #expect(bucket.delay(at: .milliseconds(2999)) == 1)
    }

    @Test("time that goes back refills nothing, and is not paid twice")
    func timeBack() {
        var bucket = TokenBucket(capacity: 1, rate: 1, at: .seconds(10))
        #expect(bucket.take(at: .seconds(10)) == 0)
        #expect(bucket.level(at: .seconds(5)) == 0)
        #expect(bucket.take(at: .seconds(10)) == 1)
        #expect(bucket.level(at: .seconds(10)) == -1)
    }

    @Test("a crowd does not clear the debt of who called too often")
    func debt() {
        var limits = VarlinkLimits()
        limits.callsPerSecondPerUser = 10
        limits.burstPerUser = 5
        let table = ConnectionTable(limits: limits)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for _ in 0..<105 { _ = table.delayForCall(by: 1, at: start) }
        // As long as an empty bucket takes to be full: the debt of 100 is one of 95 then.
        let later = start + .milliseconds(500)
        for uid in 2..<UInt32(3000) { _ = table.delayForCall(by: uid, at: later) }
        #expect(table.delayForCall(by: 1, at: later) == .milliseconds(9600))
    }
}
