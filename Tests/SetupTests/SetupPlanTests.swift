import Testing

@testable import Encoding
@testable import Setup

@Suite("the plan of a set-up")
struct SetupPlanTests {
    private let alice = SetupPerson(user: "alice", label: "right-index", samples: 3)

    private func choice(
        _ sensor: SetupSensor = .tray("/srv/tray"),
        model: String = "/usr/share/semblance/fingerprint-v2.semblance-model",
        logins: SetupLogins = .everyService
    ) -> SetupChoice {
        SetupChoice(
            sensor: sensor,
            model: SetupModel(path: model, modality: sensor.modality, identity: "ab"),
            hostName: "machine",
            person: alice,
            logins: logins
        )
    }

    private func json(_ text: String?) throws -> JSON { try JSON(file: (text ?? "").utf8) }

    /// What there is when every file of a plan was written.
    private func facts(after plan: SetupPlan) -> SetupFacts {
        var facts = SetupFacts()
        for case .write(let path, _, let text) in plan.steps { facts.texts[path] = text }
        facts.publishedIdentity = "ab"
        facts.hasTray = true
        facts.hasDatabase = true
        facts.inactiveUnits = []
        return facts
    }

    @Test("a bare machine: every step, in an order in which each has what it needs")
    func bare() throws {
        var facts = SetupFacts()
        facts.inactiveUnits = SetupPlan.units(choice().sensor).enabled
        let plan = try SetupPlan(choice(), facts)
        let kinds = plan.steps.map { "\($0)".prefix { $0 != "(" } }
        #expect(
            kinds == [
                "makeDirectory", "publish", "write", "write", "write", "checkConfiguration", "initialiseVerifier",
                "enable",
                "restart", "awaitServices", "examine", "enrol", "tryLogin", "changeLogins",
            ]
        )
        let texts = self.facts(after: plan).texts
        #expect(
            try json(texts["/etc/semblance/sensor.json"]) == [
                "tray": "/srv/tray", "models": ["/usr/share/semblance/fingerprint-v2.semblance-model"],
            ]
        )
        #expect(
            try json(texts["/etc/semblance/prover.json"]) == [
                "models": ["/usr/share/semblance/fingerprint-v2.semblance-model"]
            ]
        )
        #expect(
            try json(texts["/etc/semblance/verifier.json"]) == [
                "audience": "machine", "database": "/var/lib/semblance-verifier/verifier.sqlite",
                "signingKey": "/var/lib/semblance-verifier/signing-key",
                "varlink": ["socket": "/run/semblance/verifier"],
                "policy": [
                    "models": [
                        [
                            "identity": "ab", "published": "/etc/semblance/fingerprint-v2.semblance-public",
                            "falseMatchRate": 0.001,
                        ]
                    ]
                ],
            ]
        )
    }

    @Test("the vault's key is sealed before anything starts, where it can be and is wanted")
    func sealing() throws {
        var facts = SetupFacts()
        facts.inactiveUnits = SetupPlan.units(choice().sensor).enabled
        #expect(try !SetupPlan(choice(), facts).steps.contains(.sealKey))
        facts.canSealKey = true
        let steps = try SetupPlan(choice(), facts).steps
        let sealed = try #require(steps.firstIndex(of: .sealKey))
        let started = try #require(steps.firstIndex { if case .enable = $0 { true } else { false } })
        #expect(sealed < started)
        var unwanted = choice()
        unwanted.sealsKey = false
        #expect(try !SetupPlan(unwanted, facts).steps.contains(.sealKey))
    }

    @Test("what is done is left out: a second run only looks")
    func again() throws {
        var facts = facts(after: try SetupPlan(choice(), SetupFacts()))
        facts.isEnrolled = true
        facts.doLoginsAsk = true
        #expect(try SetupPlan(choice(), facts).steps == [.checkConfiguration, .awaitServices, .examine])
    }

    @Test("no login is made to ask without one that was tried, also where the person was enrolled before")
    func trial() throws {
        var facts = facts(after: try SetupPlan(choice(), SetupFacts()))
        facts.isEnrolled = true
        let steps = try SetupPlan(choice(logins: .service("sudo")), facts).steps
        #expect(
            steps.suffix(2) == [.tryLogin(alice, modality: "fingerprint"), .changeLogins(.service("sudo"))]
        )
        #expect(
            !(try SetupPlan(choice(logins: .asTheyAre), facts).steps.contains { "\($0)".hasPrefix("changeLogins") })
        )
        var nobody = choice()
        nobody.person = nil
        #expect(!(try SetupPlan(nobody, facts).steps.contains { "\($0)".hasPrefix("changeLogins") }))
    }

    @Test("what an administrator wrote stays, and a file that says enough is not touched")
    func keeps() throws {
        var facts = SetupFacts()
        facts.texts["/etc/semblance/prover.json"] =
            #"{"presence": "none", "models": ["/usr/share/semblance/fingerprint-v2.semblance-model"]}"#
        facts.texts["/etc/semblance/verifier.json"] =
            #"{"audience": "login.example.org", "policy": {"assurance": "match"}}"#
        let plan = try SetupPlan(choice(), facts)
        let written = plan.steps.compactMap { if case .write(let path, _, _) = $0 { path } else { nil } }
        #expect(written == ["/etc/semblance/sensor.json", "/etc/semblance/verifier.json"])
        guard case .object(let verifier) = try json(self.facts(after: plan).texts["/etc/semblance/verifier.json"]),
            case .object(let policy)? = verifier["policy"]
        else {
            Issue.record("no policy")
            return
        }
        #expect(verifier["audience"] == "login.example.org" && policy["assurance"] == "match")
        #expect(verifier["database"] != nil && policy["models"] != nil)
    }

    @Test("a camera has units and a file of its own, beside the sensor that there is")
    func camera() throws {
        let finger = facts(after: try SetupPlan(choice(), SetupFacts()))
        var facts = finger
        facts.publishedIdentity = nil
        let face = choice(.camera(name: "usb-Acme", kind: "colour"), model: "/m/face-v2.semblance-model")
        let plan = try SetupPlan(face, facts)
        let texts = self.facts(after: plan).texts
        #expect(
            try json(texts["/etc/semblance/sensor-camera.json"]) == [
                "camera": "usb-Acme", "cameraKind": "colour", "models": ["/m/face-v2.semblance-model"],
            ]
        )
        #expect(
            try json(texts["/etc/semblance/prover.json"]) == [
                "models": ["/usr/share/semblance/fingerprint-v2.semblance-model", "/m/face-v2.semblance-model"],
                "sensors": [
                    ["name": "sensor", "socket": "/run/semblance-sensor/sensor"],
                    ["name": "camera", "socket": "/run/semblance-sensor/camera"],
                ],
            ]
        )
        #expect(SetupPlan.units(face.sensor).enabled[0] == "semblance-sensor@camera.socket")
        // Both are there now, so that neither is added again.
        let both = finger.texts.merging(texts) { $1 }
        facts.texts = both
        facts.publishedIdentity = "ab"
        #expect(!(try SetupPlan(face, facts).steps.contains { "\($0)".hasPrefix("write") }))
    }

    @Test("services that run with an older configuration are started anew")
    func stale() throws {
        var facts = facts(after: try SetupPlan(choice(), SetupFacts()))
        facts.staleUnits = ["semblanced.service"]
        #expect(try SetupPlan(choice(), facts).steps.contains(.restart(["semblanced.service"])))
    }

    @Test("nothing is planned on what is not understood")
    func refusals() throws {
        func refusal(_ change: (inout SetupFacts, inout SetupChoice) -> Void) -> String? {
            var (facts, choice) = (facts(after: (try? SetupPlan(choice(), SetupFacts()))!), choice())
            change(&facts, &choice)
            do {
                _ = try SetupPlan(choice, facts)
                return nil
            } catch {
                return error.message
            }
        }
        #expect(refusal { facts, _ in facts.publishedIdentity = "cd" }?.contains("another model") == true)
        #expect(refusal { _, choice in choice.audience = "other" }?.contains("another audience") == true)
        #expect(
            refusal { facts, _ in facts.texts["/etc/semblance/sensor.json"] = "{" }?.contains("ends too early") == true
        )
        #expect(
            refusal { facts, _ in facts.texts["/etc/semblance/prover.json"] = "[]" }?.contains("not a JSON object")
                == true
        )
        #expect(
            refusal { facts, _ in facts.texts["/etc/semblance/prover.json"] = "{\"a\":1,\"a\":1}" }?.contains("twice")
                == true
        )
    }

    private static let verifier = "/etc/semblance/verifier.json"

    private func written(_ choice: SetupChoice, _ facts: SetupFacts, _ path: String) throws -> String? {
        for case .write(path, _, let text) in try SetupPlan(choice, facts).steps { return text }
        return nil
    }

    @Test("what drop-ins say counts, and what they say otherwise is told and not written over")
    func dropIns() throws {
        var facts = facts(after: try SetupPlan(choice(), SetupFacts()))
        let path = "/etc/semblance/prover.json"
        let model = #"{"models": ["/usr/share/semblance/fingerprint-v2.semblance-model"]}"#
        facts.texts[path] = "{}"
        facts.dropIns[path] = [.init(path: "\(path).d/1.json", text: model)]
        #expect(try written(choice(), facts, path) == nil)
        // A list is replaced whole: the drop-in's would win.
        facts.dropIns[path] = [.init(path: "\(path).d/1.json", text: #"{"models": ["/other"]}"#)]
        #expect {
            try SetupPlan(choice(), facts)
        } throws: { error in
            (error as? SetupPlan.Refusal)?.message
                == "\(path).d/1.json decides about \"models\", which would have to change"
        }
        // What a drop-in takes out cannot be put in.
        facts.texts[path] = model
        facts.dropIns[path] = [.init(path: "\(path).d/1.json", text: #"{"models": null}"#)]
        #expect(throws: SetupPlan.Refusal.self) { try SetupPlan(choice(), facts) }
        // Another key beside it is none of its business.
        facts.dropIns[path] = [.init(path: "\(path).d/1.json", text: #"{"seat": "seat1"}"#)]
        facts.texts[path] = nil
        #expect(try json(written(choice(), facts, path)) == json(model))
        facts.dropIns[path] = [.init(path: "\(path).d/1.json", text: "[")]
        #expect(throws: SetupPlan.Refusal.self) { try SetupPlan(choice(), facts) }
    }

    @Test("a rate is changed where one is asked for, and else left as it is")
    func rate() throws {
        var facts = SetupFacts()
        var choice = choice()
        choice.falseMatchRate = 0.01
        facts = self.facts(after: try SetupPlan(choice, facts))
        #expect(facts.texts[Self.verifier]?.contains(#""falseMatchRate": 0.01,"#) == true)
        choice.falseMatchRate = nil
        #expect(try written(choice, facts, Self.verifier) == nil)
        choice.falseMatchRate = 0.001
        #expect(try written(choice, facts, Self.verifier)?.contains(#""falseMatchRate": 0.001,"#) == true)
        // A threshold of somebody's own gives way to a rate that is asked for, as an entry has one of them.
        facts.texts[Self.verifier] = facts.texts[Self.verifier]?.replacing(
            #""falseMatchRate": 0.01"#,
            with: #""threshold": 30000"#
        )
        choice.falseMatchRate = nil
        #expect(try written(choice, facts, Self.verifier) == nil)
        choice.falseMatchRate = 0.001
        #expect(try written(choice, facts, Self.verifier)?.contains("threshold") == false)
    }

    @Test("hidden values are shown by neither side of a difference, however their keys are spelt")
    func hidden() {
        let before = #"{"http": {"administrator\u0054okenHash": "abab", "port": 1}, "a": 1}"#
        let after = #"{"http": {"administratorTokenHash": "abab", "port": 1}, "a": 2}"#
        let shown = SetupPlan.shown(before: before, after: after, hiding: ["http.administratorTokenHash"])
        #expect(!(shown.before + shown.after).contains("abab"))
        #expect(shown.before != shown.after && shown.before.contains(#""port": 1"#))
        #expect(SetupPlan.shown(before: before, after: after, hiding: []).before == before)
    }
}
