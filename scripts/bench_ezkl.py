"""Proves the same ONNX networks with EZKL and with Semblance and prints a Markdown table. Run by bench-ezkl.sh.

Every step of EZKL runs in a process of its own, so that its time and its peak of resident memory are its own. The time
is that of the library's call: reading keys and SRS from files is part of it, starting Python is not. The reference
string is made here once per size (EZKL's `gen_srs`, minutes) instead of downloaded, and not counted as setup; its size
and the times with it are those of the public one.
"""

import argparse
import asyncio
import inspect
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
SEMBLANCE = ROOT / ".build" / "release" / "semblance"
SHARED = pathlib.Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared"))
CALIBRATION = ROOT / "Fixtures" / "calibration"
MEGABYTE = 1 << 20


class Failure(Exception):
    """A step that did not end well, in words for the table's notes."""


# -- EZKL, one step per process


def logrows():
    return json.loads(pathlib.Path("settings.json").read_text())["run_args"]["logrows"]


def srs():
    """The reference string of this circuit's size, beside the networks' folders."""
    return f"../kzg{logrows()}.srs"


def settings(onnx):
    import ezkl

    # The statement nearest to ours: the input is hidden, the weights are fixed by the verifying key. EZKL shows the
    # output; we hide it and prove a match.
    arguments = ezkl.PyRunArgs()
    arguments.input_visibility = "private"
    arguments.param_visibility = "fixed"
    arguments.output_visibility = "public"
    return ezkl.gen_settings(onnx, "settings.json", py_run_args=arguments)


def random_data(onnx):
    import ezkl

    variables = [tuple(pair) for pair in json.loads(pathlib.Path("settings.json").read_text())["run_args"]["variables"]]
    return ezkl.gen_random_data(onnx, "input.json", variables, 1, -1.0, 1.0)


def calibrate(onnx):
    import ezkl

    return ezkl.calibrate_settings("input.json", onnx, "settings.json", "resources")


def compile_circuit(onnx):
    import ezkl

    return ezkl.compile_circuit(onnx, "network.ezkl", "settings.json")


def reference_string(_):
    import ezkl

    if not pathlib.Path(srs()).exists():
        ezkl.gen_srs("kzg.part", logrows())
        os.rename("kzg.part", srs())


def setup(_):
    import ezkl

    return ezkl.setup("network.ezkl", "vk.key", "pk.key", srs())


def witness(_):
    import ezkl

    return ezkl.gen_witness("input.json", "network.ezkl", "witness.json")


def prove(_):
    import ezkl

    return ezkl.prove("witness.json", "network.ezkl", "pk.key", "proof.json", srs())


def verify(_):
    import ezkl

    return ezkl.verify("proof.json", "settings.json", "vk.key", srs())


PREPARATION = [settings, calibrate, compile_circuit, setup]
STEPS = {
    step.__name__: step
    for step in [settings, random_data, calibrate, compile_circuit, reference_string, setup, witness, prove, verify]
}


def run_step(name, onnx):
    """The child's side: one call; its seconds on the last line of standard output."""

    async def call():
        result = STEPS[name](onnx)
        return await result if inspect.isawaitable(result) else result

    start = time.perf_counter()
    result = asyncio.run(call())
    seconds = time.perf_counter() - start
    if result is False:
        sys.exit(f"{name} returned False")
    print(f"\n{seconds}")


# -- the parent's side


def run_limited(command, folder, limit):
    """Runs a command; returns its standard output, peak of resident memory in bytes, and processor time in seconds.

    Ends it where it takes more than `limit` bytes: a machine that swaps or kills measures nothing.
    """
    log = folder / "log"
    with open(folder / "out", "w+b") as out, open(log, "ab") as errors:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=errors)
        status = pathlib.Path(f"/proc/{process.pid}/status")
        while True:
            pid, code, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            try:
                fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
                resident = int(fields.get("VmRSS", "0 kB").split()[0]) * 1024
            except (OSError, ValueError):
                resident = 0
            if resident > limit:
                process.kill()
                os.wait4(process.pid, 0)
                process.returncode = -9
                raise Failure(f"needs more than {limit // MEGABYTE} MB")
            time.sleep(0.05)
        process.returncode = os.waitstatus_to_exitcode(code)
        out.seek(0)
        text = out.read().decode(errors="replace")
    if process.returncode:
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-1:]
        raise Failure(f"failed with status {process.returncode}: {' '.join(last)[:200]}")
    return text, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime


def size(folder, *names):
    return sum((folder / name).stat().st_size for name in names)


def measure_ezkl(onnx, folder, limit):
    peak = 0
    seconds = {}
    processor = {}
    for name in STEPS:
        print(f"ezkl {name} {onnx.stem}", file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--step", name, str(onnx)]
        try:
            text, memory, processor[name] = run_limited(command, folder, limit)
        except Failure as failure:
            raise Failure(f"ezkl {name}: {failure}") from None
        seconds[name] = float(text.split()[-1])
        peak = max(peak, memory)
    proof = json.loads((folder / "proof.json").read_text())
    rows = json.loads((folder / "settings.json").read_text())["run_args"]["logrows"]
    return {
        "setup": sum(seconds[step.__name__] for step in PREPARATION),
        "prove": (seconds["witness"] + seconds["prove"]) * 1e3,
        "processor": (processor["witness"] + processor["prove"]) * 1e3,
        "verify": seconds["verify"] * 1e3,
        "proof": len(proof["proof"]),
        "keys": size(folder, "pk.key", "vk.key", f"../kzg{rows}.srs"),
        "peak": peak,
        "logrows": rows,
    }


def measure_semblance(onnx, folder, limit, repetitions):
    model = folder / "network.semblance-model"
    published = folder / "network.semblance-published"
    image = sorted(CALIBRATION.glob("*.png"))[0]
    print(f"semblance {onnx.stem}", file=sys.stderr, flush=True)
    try:
        start = time.perf_counter()
        _, peak, _ = run_limited(
            [SEMBLANCE, "model", "import", onnx, "--calibration", CALIBRATION, "--modality", "fingerprint",
             "--name", onnx.stem, "--output", model],
            folder, limit,
        )
        run_limited([SEMBLANCE, "model", "publish", model, "--output", published], folder, limit)
        seconds = time.perf_counter() - start
        text, memory, _ = run_limited(
            [SEMBLANCE, "bench", "full", "--model", model, "--image", image, "--repetitions", str(repetitions),
             "--json"],
            folder, limit,
        )
    except Failure as failure:
        raise Failure(f"semblance: {failure}") from None
    report = json.loads(text)
    return {
        "setup": seconds,
        "prove": report["commitMilliseconds"] + report["proveMilliseconds"],
        "processor": report["proveProcessorMilliseconds"],
        "verify": report["verifyMilliseconds"],
        "proof": report["proofBytes"],
        "keys": size(folder, published.name),
        "peak": max(peak, memory),
        "activations": report["activations"],
        "weights": report["weights"],
        "multiplications": report["multiplications"],
    }


# -- the table

COLUMNS = {
    "setup": "setup s",
    "prove": "prove ms",
    "processor": "prove, processor time ms",
    "verify": "verify ms",
    "proof": "proof bytes",
    "keys": "key + SRS bytes",
    "peak": "peak memory MB",
}
NOTES = [
    "setup: EZKL's settings, calibration, compilation and keys; our import (calibration included) and publication",
    "prove: EZKL's witness and proof; our sensor's commitment and proof, which also proves a match with a template",
    "processor time: of all threads; of the two the one to compare where the machine was busy",
    "keys: EZKL's proving and verifying key and SRS; our published model: generators are derived, not stored",
    "peak memory: of the largest step, a process of its own at EZKL, one process for prover and verifier at ours",
]


def figure(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def row(network, system, results):
    cells = [
        network, system, *(figure(results[key] / (MEGABYTE if key == "peak" else 1)) for key in COLUMNS),
    ]
    return "| " + " | ".join(cells) + " |"


def table(results):
    lines = [
        "| network | | " + " | ".join(COLUMNS.values()) + " |",
        "|" + "---|" * (2 + len(COLUMNS)),
    ]
    notes = []
    for name, (ezkl, semblance, failures) in results.items():
        notes += failures
        if ezkl:
            lines.append(row(name, f"EZKL, 2^{ezkl['logrows']} rows", ezkl))
        if semblance:
            lines.append(row(name, "Semblance `full`", semblance))
            notes.append(
                f"{name}: {semblance['activations']:,} activations, {semblance['weights']:,} weights, "
                f"{semblance['multiplications']:,} multiply-adds"
            )
        if ezkl and semblance:
            cells = ["", "EZKL / Semblance", *(f"{figure(ezkl[key] / semblance[key])} x" for key in COLUMNS)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines + [""] + [f"* {note}" for note in [*NOTES, *notes]])


def available_memory():
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=["tiny", "lenet"], help="names of shared models, or ONNX files")
    parser.add_argument("--models-from", type=pathlib.Path, default=SHARED / "models", metavar="FOLDER")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where keys and proofs go; gigabytes")
    parser.add_argument("--repetitions", type=int, default=3, help="counted runs of ours; EZKL runs once")
    parser.add_argument("--memory-limit", type=int, help="MB for one process; default: 80 %% of what is free now")
    parser.add_argument("--only", choices=["ezkl", "semblance"], help="measure one side")
    options = parser.parse_args()

    limit = options.memory_limit * MEGABYTE if options.memory_limit else available_memory() * 4 // 5
    paths = []
    for name in options.networks:
        path = pathlib.Path(name) if name.endswith(".onnx") else options.models_from / f"{name}.onnx"
        if path.is_file():
            paths.append(path.resolve())
        else:
            print(f"bench-ezkl: skipped: there is no {path}", file=sys.stderr)
    if not paths:
        print("bench-ezkl: skipped: no network to measure; name ONNX files", file=sys.stderr)
        return

    results = {}
    for path in paths:
        folder = (options.work / path.stem).resolve()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        ezkl = semblance = None
        failures = []
        try:
            if options.only != "ezkl":
                semblance = measure_semblance(path, folder, limit, options.repetitions)
        except Failure as failure:
            failures.append(f"{path.stem}: {failure}")
        try:
            if options.only != "semblance":
                ezkl = measure_ezkl(path, folder, limit)
        except Failure as failure:
            failures.append(f"{path.stem}: {failure}")
        results[path.stem] = (ezkl, semblance, failures)
        (folder / "pk.key").unlink(missing_ok=True)
    print(table(results))
    if any(failures for _, _, failures in results.values()):
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        run_step(*sys.argv[2:])
    else:
        main()
