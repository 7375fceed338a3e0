#!/usr/bin/env python3
"""A site that the victim answers, and that wants to be logged in as the victim at the good verifier: refused in each way.

Arguments: the good verifier's URL, then the command that the victim runs at the site, to which its URL is added.
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "EndToEnd"))
from hostile_verifier import HostileVerifier  # noqa: E402
from varlink_client import encode  # noqa: E402

good, *victim = sys.argv[1:]


def own_key(site, body):
    """The good verifier's challenge, for a key of the site's own."""
    return site.relay("/v1/challenge", body | {"clientKey": encode(site.key.public)})


def other_purpose(site, body):
    """The same for something else than the victim wants to log in to."""
    return site.relay("/v1/challenge", body | {"purpose": "bank.example"})


held = True
for name, answer in (("as it is", None), ("for the site's own key", own_key), ("for another purpose", other_purpose)):
    with HostileVerifier(good) as site:
        site.answers = {"/v1/challenge": answer} if answer else {}
        result = subprocess.run([*victim, "--verifier", site.url], capture_output=True, text=True)
        refused = result.returncode == 1 and not site.asked("/v1/verify") and not site.tokens
        held = held and refused
        print(f"the site passes a challenge on {name}: {'refused' if refused else 'NOT REFUSED'}")
        print("\n".join(f"  {line}" for line in result.stderr.splitlines()))
sys.exit(0 if held else 1)
