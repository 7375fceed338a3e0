import Testing

@testable import PamConfiguration

@Suite("What libpam would make of a stack")
struct PamRehearsalTests {
    private func granted(_ text: String, own: PamResult, password: PamResult) throws -> Bool {
        PamRehearsal(own: own, password: password).outcome(of: try PamFolder(["service": text]).stack("service"))
            .isGranted
    }

    /// The examples of pam_semblance(8), and Debian's stack with the profile in it: who gets in by finger alone, by password
    /// alone, by both, by neither. That libpam says the same, Tests/EndToEnd/test_pam_command.py asks libpam.
    @Test(
        "Documented stacks grant what they should",
        arguments: [
            ("auth sufficient pam_semblance.so\nauth required pam_unix.so\n", [true, true, true, false]),
            ("auth required pam_unix.so\nauth required pam_semblance.so\n", [false, false, true, false]),
            (
                """
                auth required pam_faillock.so preauth
                auth sufficient pam_semblance.so
                auth [success=1 default=ignore] pam_unix.so
                auth [default=die] pam_faillock.so authfail
                auth sufficient pam_faillock.so authsucc
                auth required pam_deny.so
                """, [true, true, true, false]
            ),
            (
                """
                auth [success=2 default=ignore] pam_semblance.so confirm
                auth [success=1 default=ignore] pam_unix.so try_first_pass
                auth requisite pam_deny.so
                auth required pam_permit.so
                auth optional pam_cap.so
                """, [true, true, true, false]
            ),
            // One too many, and one too few.
            (
                """
                auth [success=3 default=ignore] pam_semblance.so
                auth [success=1 default=ignore] pam_unix.so
                auth requisite pam_deny.so
                auth required pam_permit.so
                """, [false, true, false, false]
            ),
            (
                """
                auth [success=1 default=ignore] pam_semblance.so
                auth [success=1 default=ignore] pam_unix.so
                auth requisite pam_deny.so
                auth required pam_permit.so
                """, [false, true, false, false]
            ),
        ]
    )
    func documented(text: String, expected: [Bool]) throws {
        let found = try [
            granted(text, own: .success, password: .denied), granted(text, own: .unavailable, password: .success),
            granted(text, own: .success, password: .success), granted(text, own: .denied, password: .denied),
        ]
        #expect(found == expected)
    }

    @Test("A substack's end is its own, and it counts as one")
    func substacks() throws {
        let files = [
            "inner": "auth sufficient pam_semblance.so\nauth required pam_unix.so\n",
            "outer": "auth substack inner\nauth required pam_deny.so\n",
            "jump": "auth [success=1 default=ignore] pam_unix.so\nauth substack inner\nauth required pam_permit.so\n",
        ]
        let folder = try PamFolder(files)
        let match = PamRehearsal(own: .success, password: .denied)
        #expect(try !match.outcome(of: folder.stack("outer")).isGranted)
        let jumped = PamRehearsal(own: .unavailable, password: .success).outcome(of: try folder.stack("jump"))
        #expect(jumped.isGranted)
        #expect(jumped.called.map(\.module) == ["pam_unix.so", "pam_permit.so"])
    }

    @Test(
        "Short cuts, locks and two places to ask for one password are no hindrance",
        arguments: [
            "auth sufficient pam_rootok.so\nauth sufficient pam_semblance.so\nauth required pam_unix.so\n",
            "auth sufficient pam_semblance.so\nauth sufficient pam_unix.so\nauth required pam_sss.so\n",
            "auth sufficient pam_semblance.so\nauth required pam_unix.so\nauth optional pam_cap.so\n",
            """
            auth requisite pam_faillock.so preauth
            auth sufficient pam_semblance.so
            auth [success=1 default=ignore] pam_unix.so
            auth [default=die] pam_faillock.so authfail
            auth sufficient pam_faillock.so authsucc
            auth required pam_deny.so
            """,
        ]
    )
    func sound(text: String) throws {
        let folder = try PamFolder(["service": text])
        try PamGuard.check(folder.stack("service"), of: "service")
    }

    @Test(
        "Stacks that shut people out, or let them in, are refused",
        arguments: [
            ("auth required pam_permit.so\n", "asks for no password"),
            ("auth sufficient pam_unix.so\nauth required pam_permit.so\n", "would let a wrong password in"),
            ("auth required pam_unix.so\nauth required pam_deny.so\n", "would not let the right password in"),
            ("auth required pam_semblance.so\nauth required pam_unix.so\n", "would not let the right password in"),
            (
                "auth [success=ok default=ignore] pam_semblance.so\nauth required pam_unix.so\n",
                "would want the password besides"
            ),
            (
                "auth [success=ignore auth_err=die default=ignore] pam_semblance.so\nauth required pam_unix.so\n",
                "would not take the password from somebody"
            ),
            (
                "auth sufficient pam_semblance.so\nauth required pam_unix.so\nauth required pam_listfile.so\n",
                "past pam_listfile.so (line 3 of"
            ),
            // The lock is looked at behind the password only, or to no effect.
            (
                """
                auth sufficient pam_semblance.so
                auth [success=1 default=ignore] pam_unix.so
                auth [default=die] pam_faillock.so authfail
                auth sufficient pam_faillock.so authsucc
                auth required pam_deny.so
                """, "though pam_faillock (line 4 of"
            ),
            (
                """
                auth optional pam_faillock.so preauth
                auth sufficient pam_semblance.so
                auth [success=1 default=ignore] pam_unix.so
                auth [default=die] pam_faillock.so authfail
                auth sufficient pam_faillock.so authsucc
                auth required pam_deny.so
                """, "though pam_faillock (line 1 of"
            ),
            (
                "auth sufficient pam_semblance.so\nauth required pam_unix.so\nauth required pam_radius_auth.so\n",
                "wants more than one password"
            ),
            // The second one by either of two.
            (
                """
                auth [success=3 default=ignore] pam_semblance.so
                auth required pam_unix.so
                auth [success=1 default=ignore] pam_ldap.so
                auth required pam_radius_auth.so
                auth required pam_permit.so
                """, "wants more than one password"
            ),
            // Optional, and yet what the password is nothing without.
            (
                "auth sufficient pam_semblance.so\nauth [success=ignore default=bad] pam_unix.so\nauth optional pam_oath.so\n",
                "where it would not take the right password"
            ),
            // Behind the short cut that somebody takes.
            (
                """
                auth sufficient pam_semblance.so
                auth requisite pam_unix.so
                auth [success=1 default=ignore] pam_x.so
                auth sufficient pam_permit.so
                auth required pam_listfile.so
                """, "past pam_listfile.so (line 5 of"
            ),
            // A failure that is not the usual one matters, too.
            (
                """
                auth sufficient pam_semblance.so
                auth required pam_unix.so
                auth [success=ok acct_expired=die default=ignore] pam_listfile.so
                """, "past pam_listfile.so (line 3 of"
            ),
            (
                "auth sufficient pam_semblance.so\nauth required pam_unix.so\nauth [auth_err=ignore success=ok] pam_listfile.so\n",
                "past pam_listfile.so (line 3 of"
            ),
            (
                String(repeating: "auth sufficient pam_x.so\n", count: 11)
                    + "auth sufficient pam_semblance.so\nauth required pam_unix.so\n",
                "more than 10 modules that pass over others"
            ),
        ]
    )
    func guarded(text: String, words: String) throws {
        let folder = try PamFolder(["service": text])
        let error = #expect(throws: PamTrouble.self) { try PamGuard.check(folder.stack("service"), of: "service") }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
