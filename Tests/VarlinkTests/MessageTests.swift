import Testing

@testable import Varlink

@Suite("messages")
struct MessageTests {
    @Test("a call with everything")
    func whole() throws {
        let message = try VarlinkMessage(
            parsing: #"{"method":"a.b.C","parameters":{"x":1},"more":true,"oneway":false,"upgrade":null}"#.utf8,
            maximumDepth: 8
        )
        #expect(message.method == "a.b.C")
        #expect(message.parameters == ["x": 1])
        #expect(message.more && !message.oneway && !message.upgrade)
    }

    @Test(
        "refusals",
        arguments: [
            ("[]", .notAnObject), ("{}", .missingMethod), (#"{"method":1}"#, .wrongType),
            (#"{"method":"a.B","parameters":[]}"#, .wrongType), (#"{"method":"a.B","more":1}"#, .wrongType),
            (#"{"method":"a.B","more":"false"}"#, .wrongType), (#"{"method":"a.B","uid":0}"#, .unknownMember),
            (#"{"method":"a.B","more":true,"oneway":true}"#, .conflictingFlags), ("{", .json(.unexpectedEnd)),
            (#"{"method":"a.B","parameters":{"a":[[[[[[[[1]]]]]]]]}}"#, .json(.tooDeep)),
        ] as [(String, VarlinkMessage.Failure)]
    )
    func refusal(_ text: String, _ expected: VarlinkMessage.Failure) {
        #expect(throws: expected) { try VarlinkMessage(parsing: text.utf8, maximumDepth: 8) }
    }
}
