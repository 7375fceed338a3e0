#!/usr/bin/env python3
"""The modules of this package: checked, and drawn into the README.

    scripts/module-graph.py            checks, and that the README's picture is today's
    scripts/module-graph.py --write    draws the picture anew

What is checked: each of our modules imports only what its target depends on; a folder of Sources/ stands on folders
above it in FLOORS, never on one below; nothing goes in a circle.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- modules: scripts/module-graph.py --write -->", "<!-- /modules -->"

# From the ground up. A module may depend on modules of its own folder, as long as that gives no circle.
FLOORS = {
    "Crypto": "the group, transcripts, Bulletproofs: no word of Semblance, and exported",
    "Foundation": "bytes, hashes, keys",
    "Protocol": "what prover, sensor and verifier say to one another",
    "Proof": "sumchecks, networks, matches",
    "Inference": "from an image to an embedding, in integers",
    "ModelTools": "import, calibration, evaluation, reports",
    "Services": "what the daemons are made of",
    "Programs": "five of them, of which one is for people",
}


def targets():
    """Every target of ours under Sources/: name, folder, dependencies of ours, others."""
    dump = subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    package = json.loads(dump)
    names = {target["name"] for target in package["targets"]}
    found = {}
    for target in package["targets"]:
        path = target.get("path") or ""
        if not path.startswith("Sources/"):
            continue
        wanted = set()
        for dependency in target["dependencies"]:
            for kind in ("byName", "target"):
                if kind in dependency and dependency[kind][0] in names:
                    wanted.add(dependency[kind][0])
        found[target["name"]] = (path.split("/")[1], path, wanted)
    return found


def imports(path):
    names = set()
    for file in (ROOT / path).rglob("*.swift"):
        names |= set(re.findall(r"^(?:@\w+ )?(?:\w+ )?import (\w+)", file.read_text(), re.MULTILINE))
    return names


def depth(name, graph, trail=()):
    if name in trail:
        sys.exit("a circle: " + " -> ".join([*trail, name]))
    return 1 + max((depth(below, graph, (*trail, name)) for below in graph[name][2]), default=0)


def check(graph):
    faults = []
    floors = list(FLOORS)
    for name, (folder, path, wanted) in sorted(graph.items()):
        depth(name, graph)
        if folder not in FLOORS:
            faults.append(f"{path}: no such floor; add it to FLOORS of scripts/module-graph.py")
            continue
        for below in sorted(wanted):
            if floors.index(graph[below][0]) > floors.index(folder):
                faults.append(f"{name} ({folder}) stands on {below} ({graph[below][0]}), which is above it")
        for used in sorted((imports(path) & graph.keys()) - wanted - {name}):
            faults.append(f"{name} imports {used}, which Package.swift does not say")
        # C takes headers of what it depends on, and imports nothing.
        for unused in sorted(wanted - imports(path)) if any((ROOT / path).rglob("*.swift")) else ():
            faults.append(f"{name} depends on {unused}, and does not import it")
    return faults


def picture(graph):
    """One row a folder, the highest first; of each module what it stands on in other folders, by folder."""
    lines = ["```"]
    for folder in reversed(FLOORS):
        members = sorted(
            (name for name, (place, _, _) in graph.items() if place == folder), key=lambda name: (depth(name, graph), name)
        )
        lines.append(f"{folder:<11} {FLOORS[folder]}")
        row = ""
        for name in members:
            if len(row) + len(name) > 92:
                lines.append(" " * 12 + row.rstrip())
                row = ""
            row += name + "  "
        lines.append(" " * 12 + row.rstrip())
    return "\n".join([*lines, "```"])


def main():
    graph = targets()
    faults = check(graph)
    text = README.read_text()
    if BEGIN not in text or END not in text:
        sys.exit(f"README.md lacks the lines {BEGIN} and {END}")
    head, rest = text.split(BEGIN, 1)
    drawn = f"{head}{BEGIN}\n{picture(graph)}\n{END}{rest.split(END, 1)[1]}"
    if "--write" in sys.argv[1:]:
        README.write_text(drawn)
    elif drawn != text:
        faults.append("README.md: the picture of the modules is not today's: scripts/module-graph.py --write")
    for fault in faults:
        print(fault)
    print(f"{len(graph)} modules, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
