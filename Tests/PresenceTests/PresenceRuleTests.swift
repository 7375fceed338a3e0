import Testing

@testable import Presence

/// What a test says of a world: short, so that a table can be read.
private struct World {
    static let alice: UInt32 = 1000
    static let bob: UInt32 = 1001

    static let front = LoginSession(uid: alice, isActive: true, isRemote: false, seat: "seat0", kind: .user)
    static let behind = LoginSession(uid: alice, isActive: false, isRemote: false, seat: "seat0", kind: .user)
    static let ssh = LoginSession(uid: alice, isActive: true, isRemote: true, seat: nil, kind: .user)
    static let cron = LoginSession(uid: alice, isActive: true, isRemote: false, seat: nil, kind: .other)
    static let otherSeat = LoginSession(uid: alice, isActive: true, isRemote: false, seat: "seat1", kind: .user)
    static let bobs = LoginSession(uid: bob, isActive: true, isRemote: false, seat: "seat0", kind: .user)
    static let greeter = LoginSession(uid: 110, isActive: true, isRemote: false, seat: "seat0", kind: .greeter)
    static let lock = LoginSession(uid: 110, isActive: true, isRemote: false, seat: "seat0", kind: .lockScreen)

    static func facts(
        _ caller: UInt32,
        _ origin: PresenceFacts.Origin,
        console: Bool = false,
        front: LoginSession? = World.front,
        subject: [LoginSession] = []
    ) -> PresenceFacts {
        PresenceFacts(
            caller: caller,
            origin: origin,
            isOnFrontConsole: console,
            seat: "seat0",
            front: front,
            subjectSessions: subject
        )
    }
}

@Suite("presence: the rule")
struct PresenceRuleTests {
    private func refusal(_ facts: PresenceFacts) -> PresenceRefusal? { PresenceRule().refusal(facts) }

    @Test("a process in a session is where its session is, whoever it runs as")
    func sessions() {
        for caller in [World.alice, 0, World.bob] {
            #expect(refusal(World.facts(caller, .session(World.front))) == nil)  // sudo, su, a locker
            #expect(refusal(World.facts(caller, .session(World.ssh), subject: [World.front])) == .remoteSession)
            #expect(refusal(World.facts(caller, .session(World.behind), subject: [World.front])) == .inactiveSession)
            #expect(refusal(World.facts(caller, .session(World.cron), subject: [World.front])) == .otherSeat)
            #expect(refusal(World.facts(caller, .session(World.otherSeat), subject: [World.front])) == .otherSeat)
        }
    }

    @Test("a process of a user's manager: one session in front, and none remote")
    func userManager() {
        let cases: [([LoginSession], PresenceRefusal?)] = [
            ([World.front], nil), ([World.front, World.behind], nil), ([World.front, World.cron], nil),
            ([], .noActiveSession), ([World.behind], .noActiveSession), ([World.cron], .noActiveSession),
            ([World.otherSeat], .noActiveSession), ([World.ssh], .remoteSessionOfUser),
            // `systemd-run --user` in an ssh session while the same user sits at the screen
            ([World.front, World.ssh], .remoteSessionOfUser), ([World.ssh, World.front], .remoteSessionOfUser),
        ]
        for (sessions, expected) in cases {
            for caller in [World.alice, 0] {
                let facts = World.facts(caller, .userManager(owner: World.alice, sessions: sessions))
                #expect(refusal(facts) == expected, "\(sessions)")
            }
        }
    }

    @Test("outside sessions only root may ask, and only on the console in front or as one of the known services")
    func services() {
        let here = [World.front]
        let cases: [(UInt32, PresenceFacts.Origin, Bool, LoginSession?, [LoginSession], PresenceRefusal?)] = [
            // login on a virtual terminal
            (0, .service("getty@tty2.service"), true, nil, [], nil),
            (0, .service("getty@tty2.service"), false, nil, [], .outsideSessions),
            (0, .elsewhere, true, nil, [], nil),
            (0, .elsewhere, false, World.front, here, .outsideSessions),
            // display managers: a login screen or a lock screen in front, or the user's own session
            (0, .service("gdm.service"), false, World.greeter, [], nil),
            (0, .service("lightdm.service"), false, World.lock, [], nil),
            (0, .service("ly@tty2.service"), false, World.greeter, [], nil),
            (0, .service("gdm.service"), false, World.greeter, [World.ssh], nil),
            (0, .service("gdm.service"), false, World.front, here, nil),
            (0, .service("gdm.service"), false, World.front, [World.front, World.ssh], .remoteSessionOfUser),
            (0, .service("gdm.service"), false, World.bobs, [World.behind], .noActiveSession),
            (0, .service("gdm.service"), false, nil, [], .noActiveSession),
            // polkit's helper serves remote people too
            (0, .service("polkit-agent-helper@3.service"), false, World.front, here, nil),
            (0, .service("polkit-agent-helper@3.service"), false, World.greeter, [], .noActiveSession),
            (0, .service("polkit-agent-helper@3.service"), false, World.greeter, [World.ssh], .remoteSessionOfUser),
            (
                0, .service("polkit-agent-helper@3.service"), false, World.front, here + [World.ssh],
                .remoteSessionOfUser
            ),
            // sshd, cron, at, systemd-run, mail
            (0, .service("ssh.service"), false, World.greeter, here, .outsideSessions),
            (0, .service("cron.service"), false, World.front, here, .outsideSessions),
            (0, .service("run-u12.service"), false, World.front, here, .outsideSessions),
            (0, .service("lynis.service"), false, World.greeter, here, .outsideSessions),
            // not root
            (World.alice, .service("gdm.service"), false, World.greeter, here, .outsideSessions),
            (World.alice, .service("getty@tty2.service"), true, World.front, here, .outsideSessions),
            (World.alice, .elsewhere, true, World.front, here, .outsideSessions),
            (World.alice, .elsewhere, false, World.front, here, .outsideSessions),
        ]
        for (caller, origin, console, front, subject, expected) in cases {
            let facts = World.facts(caller, origin, console: console, front: front, subject: subject)
            #expect(refusal(facts) == expected, "\(facts)")
        }
    }

    @Test("a greeter that is not in front, or at another seat, does not count")
    func greetersElsewhere() {
        for (isActive, seat) in [(false, "seat0"), (true, "seat1"), (true, nil)] as [(Bool, String?)] {
            let greeter = LoginSession(uid: 110, isActive: isActive, isRemote: false, seat: seat, kind: .greeter)
            #expect(refusal(World.facts(0, .service("gdm.service"), front: greeter)) == .noActiveSession)
        }
        let remote = LoginSession(uid: 110, isActive: true, isRemote: true, seat: "seat0", kind: .greeter)
        #expect(refusal(World.facts(0, .service("gdm.service"), front: remote)) == .noActiveSession)
    }

    @Test("a login screen at another seat, or for somebody remote, may be the one that asks")
    func loginScreensElsewhere() {
        for (seat, isRemote) in [("seat1", false), (nil, true), ("seat0", true)] as [(String?, Bool)] {
            for (front, subject) in [(World.greeter, []), (World.front, [World.front])] {
                var facts = World.facts(0, .service("gdm.service"), front: front, subject: subject)
                facts.greeters = [World.greeter]
                #expect(refusal(facts) == nil)
                facts.greeters.append(
                    LoginSession(uid: 110, isActive: true, isRemote: isRemote, seat: seat, kind: .greeter)
                )
                #expect(refusal(facts) == .otherLoginScreen)
            }
        }
    }

    @Test("with a person's session in front, root's process on that console is no login")
    func consoleBelowASession() {
        for origin in [PresenceFacts.Origin.service("cron.service"), .elsewhere] {
            #expect(refusal(World.facts(0, origin, console: true, front: World.front)) == .outsideSessions)
            #expect(refusal(World.facts(0, origin, console: true, front: World.greeter)) == nil)
        }
    }

    @Test("a display manager of one's own is known by its unit")
    func ownDisplayManager() {
        let facts = World.facts(0, .service("my-greeter@tty7.service"), front: World.greeter)
        #expect(PresenceRule().refusal(facts) == .outsideSessions)
        #expect(PresenceRule(displayManagers: ["my-greeter@.service"]).refusal(facts) == nil)
        #expect(PresenceRule(displayManagers: ["my-greeter"]).refusal(facts) == nil)
    }

    /// Every combination of what a session can be: nothing but a session in front, here and local ever passes.
    @Test("in all combinations nobody passes without a local session in front at the seat, or a console")
    func exhaustively() {
        var sessions: [LoginSession] = []
        for isActive in [false, true] {
            for isRemote in [false, true] {
                for seat in [nil, "seat0", "seat1"] as [String?] {
                    for kind in [LoginSession.Kind.user, .greeter, .lockScreen, .other] {
                        sessions.append(
                            LoginSession(uid: 1000, isActive: isActive, isRemote: isRemote, seat: seat, kind: kind)
                        )
                    }
                }
            }
        }
        func isHere(_ session: LoginSession) -> Bool {
            session.isActive && !session.isRemote && session.seat == "seat0"
        }
        var passed = 0
        for caller in [0, 1000] as [UInt32] {
            for one in sessions {
                if refusal(World.facts(caller, .session(one))) == nil {
                    passed += 1
                    #expect(isHere(one))
                }
                for other in sessions {
                    let manager = World.facts(caller, .userManager(owner: 1000, sessions: [one, other]))
                    if refusal(manager) == nil {
                        passed += 1
                        #expect((isHere(one) || isHere(other)) && !one.isRemote && !other.isRemote)
                    }
                    for unit in ["gdm.service", "polkit-agent-helper@1.service", "ssh.service"] {
                        let service = World.facts(caller, .service(unit), front: one, subject: [other])
                        guard refusal(service) == nil else { continue }
                        passed += 1
                        let isScreen = [.greeter, .lockScreen].contains(one.kind)
                        let isGreeted = unit == "gdm.service" && isHere(one) && isScreen
                        #expect(caller == 0 && unit != "ssh.service" && (isGreeted || isHere(other)))
                    }
                }
            }
        }
        #expect(passed > 100)
    }

    @Test("who is answerable")
    func answerable() {
        #expect(World.facts(0, .session(World.bobs)).answerable(subject: World.alice) == World.bob)
        #expect(World.facts(0, .userManager(owner: World.bob, sessions: [])).answerable(subject: 7) == World.bob)
        #expect(World.facts(0, .service("gdm.service")).answerable(subject: World.alice) == World.alice)
        #expect(World.facts(World.bob, .elsewhere).answerable(subject: World.alice) == World.bob)
    }
}
