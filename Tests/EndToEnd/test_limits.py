"""What strangers can take away from the others: connections, memory, descriptors, a quick stop. Loopback only, bounded in
number and time."""

import contextlib
import http.client
import json
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from harness import ROOT, Site, free_port
from varlink_client import Connection


def get(port, path="/v1/identity", timeout=10, method="GET"):
    """Status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mebibytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class VerifierLimitTests(unittest.TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.site = self.enterContext(Site())
        self.port = free_port()

    def start(self, *wrapper, **http_options):
        """A verifier with HTTP, its command behind `wrapper`."""
        config = self.site.verifier_config(http_port=self.port)
        document = json.loads(config.read_text())
        document["http"].update(http_options)
        config.write_text(json.dumps(document))
        made = self.site.as_verifier("init", "--config", config)
        self.assertEqual(made.code, 0, made)
        process = self.site.start(
            "verifier", self.site.verifier_socket(), "semblance-verifier",
            [*wrapper, self.site.bin / "semblance-verifier", "serve", "--config", config],
        )
        self.assertEqual(self.call_locally(), "verifier.semblance.test", self.site.logs())
        self.site.wait_for(lambda: self.is_listening(), "HTTP")
        return process

    def is_listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def call_locally(self):
        with Connection(self.site.verifier_socket()) as connection:
            return connection.call("org.semblance.Verifier.GetIdentity")["audience"]

    def crowd(self, count, payload, addresses=200):
        """`count` connections from many loopback addresses that each send `payload` and no more."""
        for index in range(count):
            connection = socket.socket()
            self.addCleanup(connection.close)
            connection.settimeout(5)
            number = index % addresses
            connection.bind((f"127.0.{1 + number // 200}.{1 + number % 200}", 0))
            with contextlib.suppress(OSError):  # refused or evicted while it sends: what the server is free to do
                connection.connect(("127.0.0.1", self.port))
                connection.sendall(payload)

    def test_half_open_connections_do_not_keep_an_honest_client_out(self):
        self.start()
        self.crowd(512, b"POST /v1/verify HTTP/1.1\r\nHost: x\r\n")
        for _ in range(5):
            started = time.monotonic()
            self.assertEqual(get(self.port)[0], 200)
            self.assertLess(time.monotonic() - started, 3)

    def test_unfinished_bodies_stay_within_a_bound(self):
        process = self.start()
        get(self.port)
        before = resident_mebibytes(process.pid)
        size = 980_000
        head = (
            f"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
        )
        self.crowd(500, head.encode() + b" " * (size - 1))
        grown = resident_mebibytes(process.pid) - before
        # The budget is 32 MiB; arrays that grow and buffers of the event loop add to it. It was 620 MiB without one.
        self.assertLess(grown, 200, self.site.logs())
        self.assertEqual(get(self.port)[0], 200)

    def test_a_low_limit_of_descriptors_is_told_and_the_service_does_not_spin(self):
        process = self.start("prlimit", "--nofile=128:128")
        self.assertIn("limit of open files is too low", self.site.logs())
        before = processor_seconds(process.pid)
        self.crowd(200, b"POST /v1/verify HTTP/1.1\r\nHost: x\r\n")
        time.sleep(2)
        self.assertLess(processor_seconds(process.pid) - before, 1.0)
        started = time.monotonic()
        self.assertEqual(get(self.port)[0], 200)
        self.assertLess(time.monotonic() - started, 3)
        self.assertEqual(self.call_locally(), "verifier.semblance.test")

    def test_a_low_soft_limit_is_raised(self):
        self.start("prlimit", "--nofile=64:4096")
        self.assertNotIn("limit of open files", self.site.logs())
        self.crowd(300, b"POST /v1/verify HTTP/1.1\r\nHost: x\r\n")
        self.assertEqual(get(self.port)[0], 200)

    def test_half_a_body_does_not_delay_a_stop(self):
        self.start()
        self.crowd(1, b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        time.sleep(0.3)
        started = time.monotonic()
        self.assertEqual(self.site.stop("verifier"), 0, self.site.logs())
        self.assertLess(time.monotonic() - started, 5)

    def test_a_hangup_reloads_the_certificate_and_kills_nobody(self):
        state = self.site.directory("tls", "semblance-verifier")
        certificate, key = state / "cert.pem", state / "key.pem"

        def renew():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
                check=True, capture_output=True,
            )
            # As root leaves it for a service: readable by the service's group.
            os.chown(key, 0, pwd.getpwnam("semblance-verifier").pw_gid)
            key.chmod(0o640)
            certificate.chmod(0o644)
            return ssl.PEM_cert_to_DER_cert(certificate.read_text())

        def served():
            return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", self.port)))

        first = renew()
        process = self.start(tls={"certificate": str(certificate), "key": str(key)})
        self.assertEqual(served(), first)
        second = renew()
        self.assertEqual(served(), first)
        process.send_signal(signal.SIGHUP)
        self.site.wait_for(lambda: served() == second, "the renewed certificate")
        key.write_text("rubbish")
        process.send_signal(signal.SIGHUP)
        self.site.wait_for(lambda: "the old ones stay" in self.site.logs(), "a line about the broken key")
        self.assertEqual(served(), second)
        self.assertIsNone(process.poll())

    def test_idle_connections_of_many_users_do_not_keep_root_out(self):
        self.start()
        ready, children = os.pipe(), []
        path = str(self.site.verifier_socket())
        for uid in range(20_000, 20_016):
            child = os.fork()
            if child == 0:
                held = []
                try:
                    os.setgroups([])
                    os.setgid(uid)
                    os.setuid(uid)
                    for _ in range(16):
                        connection = socket.socket(socket.AF_UNIX)
                        connection.connect(path)
                        held.append(connection)
                    os.write(ready[1], b".")
                    signal.alarm(60)
                    signal.pause()
                finally:
                    os._exit(0)
            children.append(child)
        try:
            count = 0
            while count < 16:
                count += len(os.read(ready[0], 16))
            time.sleep(0.5)
            # Root, more often than any other user may, and then somebody who has no connection yet.
            connections = [Connection(path) for _ in range(20)]
            for connection in connections:
                identity = connection.call("org.semblance.Verifier.GetIdentity")
                self.assertEqual(identity["audience"], "verifier.semblance.test")
            for connection in connections:
                connection.close()
            other = self.site.cli("status", user="sbl-alice")
            self.assertIn("verifier.semblance.test", other.out, other)
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            for end in ready:
                os.close(end)

    def test_a_caller_that_half_closes_gets_its_reply(self):
        self.start()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.site.verifier_socket()))
            connection.sendall(b'{"method": "org.semblance.Verifier.GetIdentity"}\0')
            connection.shutdown(socket.SHUT_WR)
            reply = b""
            while chunk := connection.recv(4096):
                reply += chunk
        self.assertEqual(json.loads(reply.rstrip(b"\0"))["parameters"]["audience"], "verifier.semblance.test")

    def test_http_takes_a_passed_socket_by_its_name(self):
        config = self.site.verifier_config(http_port=1)  # not to be bound
        self.assertEqual(self.site.as_verifier("init", "--config", config).code, 0)
        self.activate(["http", "verifier"], [f"127.0.0.1:{self.port}", self.site.verifier_socket()],
                      "serve", "--config", config)
        self.assertEqual(get(self.port)[0], 200, self.site.logs())
        self.assertEqual(self.call_locally(), "verifier.semblance.test")

    def test_a_socket_that_nobody_would_serve_is_refused_in_words(self):
        config = self.site.verifier_config()
        self.assertEqual(self.site.as_verifier("init", "--config", config).code, 0)
        process = self.activate(["other", "verifier"], [f"127.0.0.1:{self.port}", self.site.verifier_socket()],
                                "serve", "--config", config)
        with contextlib.suppress(OSError):
            self.call_locally()
        self.assertEqual(process.wait(timeout=20), 1)
        self.assertIn("a socket called 'other'", self.site.logs())

    def activate(self, names, addresses, *arguments):
        log = open(self.site.base / "activated.log", "ab")
        user = pwd.getpwnam("semblance-verifier")
        process = subprocess.Popen(
            ["systemd-socket-activate", *(f"--listen={address}" for address in addresses),
             f"--fdname={':'.join(names)}", "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}",
             "--clear-groups", "--inh-caps=-all", str(self.site.bin / "semblance-verifier"), *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"},
        )
        log.close()
        self.site.processes["activated"] = process
        self.site.wait_for(lambda: self.site.verifier_socket().exists(), "the socket")
        self.site.verifier_socket().chmod(0o666)
        return process


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class ServiceTests(unittest.TestCase):
    def test_a_failed_start_says_why_and_heals_when_the_cause_is_gone(self):
        with Site() as site:
            config = site.verifier_config()
            self.assertEqual(site.as_verifier("init", "--config", config).code, 0)
            text = config.read_text()
            config.write_text(text.replace('"audience"', '"audiense"'))
            failed = site.as_verifier("serve", "--config", config)
            self.assertEqual(failed.code, 1, failed)
            self.assertIn("critical ", failed.err)
            self.assertIn("configuration key audience: missing", failed.err)
            config.write_text(text)
            site.start_verifier(config=config)
            with Connection(site.verifier_socket()) as connection:
                self.assertIn("audience", connection.call("org.semblance.Verifier.GetIdentity"))

    def test_the_journal_gets_priority_and_fields(self):
        # A mount namespace of its own, in which a socket of ours is the journal's.
        script = """
import os, socket, subprocess, sys
os.makedirs("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
journal.settimeout(20)
reader, writer = os.pipe()
info = os.fstat(writer)
environment = {"PATH": "/usr/bin:/bin", "JOURNAL_STREAM": f"{info.st_dev}:{info.st_ino}", "INVOCATION_ID": "0" * 32}
process = subprocess.Popen([sys.argv[1], "serve", "--config", "/nowhere/a\\nPRIORITY=7"], stderr=writer, env=environment)
os.close(writer)
print(journal.recv(65536).decode())
print("status", process.wait(), "stderr", os.read(reader, 4096))
"""
        command = "mount -t tmpfs tmpfs /run && exec python3 -c \"$0\" \"$1\""
        with Site() as site:
            result = site.run(
                ["unshare", "--mount", "--propagation", "private", "sh", "-c", command, script,
                 site.bin / "semblance-verifier"]
            )
        self.assertEqual(result.code, 0, result)
        lines = result.out.splitlines()
        self.assertIn("PRIORITY=2", lines)
        self.assertIn("SYSLOG_IDENTIFIER=semblance-verifier", lines)
        self.assertTrue(any(line.startswith("MESSAGE=/nowhere/a\\u{a}PRIORITY=7") for line in lines), result)
        self.assertNotIn("PRIORITY=7", lines)
        self.assertIn("status 1 stderr b''", lines)

    def test_units_do_not_trip_for_good(self):
        for name in ("semblanced", "semblance-sensor", "semblance-verifier"):
            unit = (ROOT / "systemd" / f"{name}.service").read_text()
            for line in ("StartLimitIntervalSec=0", "Restart=on-failure", "RestartSec=2s"):
                self.assertIn(f"\n{line}\n", unit, name)
            for key in ("MemoryMax", "TasksMax", "LimitNOFILE"):
                self.assertRegex(unit, rf"\n{key}=\d+", name)
        self.assertIn("\nWantedBy=multi-user.target\n", (ROOT / "systemd" / "semblance-verifier.service").read_text())

    def test_units_are_valid(self):
        units = [str(path) for path in sorted((ROOT / "systemd").glob("semblance*.s[eo]*")) if path.is_file()]
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
        # Where nothing is installed the programs are missing, which is all that there may be to say.
        complaints = [line for line in result.stderr.splitlines() if "is not executable" not in line]
        self.assertEqual(complaints, [])

    def test_only_the_units_of_camera_and_reader_may_open_a_device(self):
        units = ROOT / "systemd"
        devices = {"camera": "char-video4linux:rw", "reader": "char-usb_device:rw"}
        for instance, device in devices.items():
            name = f"semblance-sensor@{instance}.service"
            with tempfile.TemporaryDirectory() as place:
                copy = pathlib.Path(place)
                shutil.copy(units / "semblance-sensor@.service", copy / name)
                shutil.copytree(units / f"{name}.d", copy / f"{name}.d")
                shown = subprocess.run(
                    ["systemd-analyze", "security", "--offline=true", copy / name], capture_output=True, text=True,
                ).stdout
            self.assertEqual([known for known in devices.values() if known in shown], [device])
            self.assertLessEqual(float(re.search(r"exposure level for \S+: (\d+\.\d+)", shown).group(1)), 0.7)
        for unit in units.glob("*.service"):
            self.assertIn("\nPrivateDevices=yes\n", unit.read_text(), unit.name)

    def test_each_sensor_of_several_has_a_user_of_its_own(self):
        """What that is worth is tried where systemd runs: Tests/Acceptance/inside.py, `sensors_are_apart`."""
        lines = (ROOT / "systemd" / "semblance-sensor@.service").read_text().splitlines()
        for line in ("DynamicUser=yes", "User=semblance-sensor-%i", "StateDirectory=semblance-sensors/%i", "StateDirectoryMode=0700"):
            self.assertIn(line, lines)
        (start,) = [line for line in lines if line.startswith("ExecStart=")]
        self.assertTrue(start.endswith(" --secret /var/lib/semblance-sensors/%i/secret"), start)
        self.assertEqual([line for line in lines if line.startswith(("Group=", "SupplementaryGroups="))], [])
        for name in ("camera", "reader"):
            (drop_in,) = (ROOT / "systemd" / f"semblance-sensor@{name}.service.d").iterdir()
            self.assertNotIn("User=", drop_in.read_text())
        # No sensor owns another's socket.
        self.assertNotIn("SocketUser=", (ROOT / "systemd" / "semblance-sensor@.socket").read_text())

    def test_worker_threads_make_no_noise(self):
        with Site() as site:
            site.bin = self.noisy_programs(site)
            site.start_sensor()
            site.start_prover()
            site.start_verifier(http_port=free_port())
            self.assertEqual(site.enroll().code, 0, site.logs())
            self.assertEqual(site.authenticate().code, 0, site.logs())
            self.assertNotIn("thread priority", site.logs())
            self.assertNotIn("thread priority", site.cli("status", user="sbl-alice").err)

    @staticmethod
    def noisy_programs(site):
        """The programs with libdispatch's log on standard error, where it would otherwise go to syslog."""
        directory = site.base / "bin"
        directory.mkdir()
        directory.chmod(0o755)
        for name in ("semblance", "semblanced", "semblance-sensor", "semblance-verifier"):
            script = directory / name
            script.write_text(f'#!/bin/sh\nLIBDISPATCH_LOG=stderr exec {site.bin / name} "$@"\n')
            script.chmod(0o755)
        return directory


if __name__ == "__main__":
    unittest.main()
