"""A whole Trapline on loopback for each test: its directory, its command line, its listeners.

Everything here talks to 127.0.0.1. The environment variable TRAPLINE names the binary, as `cargo xtask test` sets it.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

BINARY = os.environ.get("TRAPLINE", "target/debug/trapline")
DOMAIN = "traps.example"
SHARED = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "data"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Trapline:
    """A deployment and, once started, its server."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory
        self.web, self.smtp, self.admin = free_port(), free_port(), free_port()
        self.process = None
        self.run("init", "--hostname", "mx.traps.example")
        self.run("domain", "add", DOMAIN)
        self.slug = self.json("site", "add")["slug"]

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        command = [BINARY, "--dir", str(self.directory), *arguments]
        done = subprocess.run(command, capture_output=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"{command} exited with {done.returncode}: {done.stderr.decode()}")
        return done

    def json(self, *arguments: str):
        return json.loads(self.run("--json", *arguments).stdout)

    def query(self, sql: str):
        return self.json("query", sql)

    def start(self, *arguments: str):
        log = open(self.directory / "server.log", "ab")
        listeners = ["--web", f"127.0.0.1:{self.web}", "--smtp", f"127.0.0.1:{self.smtp}", "--admin", f"127.0.0.1:{self.admin}"]
        command = [BINARY, "--dir", str(self.directory), "serve", *listeners, "--trusted-proxy", "127.0.0.1/32", *arguments]
        self.process = subprocess.Popen(command, stderr=log, stdout=log)
        self.wait(self.is_healthy, "the server to come up")

    def is_healthy(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError((self.directory / "server.log").read_text())
        try:
            return self.get(f"http://127.0.0.1:{self.admin}/healthz")[0] == 200
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(timeout=60) == 0, (self.directory / "server.log").read_text()

    def wait(self, condition, what: str, seconds: float = 30):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
            time.sleep(0.05)

    @staticmethod
    def get(url: str, headers: dict | None = None) -> tuple[int, str]:
        request = urllib.request.Request(url, headers=headers or {})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()

    def page(self, visitor: str = "240.1.2.3") -> str:
        """A trap page as this visitor gets it."""
        return self.get(f"http://127.0.0.1:{self.web}/{self.slug}/", {"X-Forwarded-For": visitor, "User-Agent": "harvest/1"})[1]

    def harvest(self, visitor: str = "240.1.2.3") -> str:
        """A trap address, as a harvester at this visitor's address finds it."""
        found = re.search(rf"[a-z0-9.]+@{re.escape(DOMAIN)}", self.page(visitor))
        assert found, "a trap page without an address that can be read from it"
        return found.group()

    def deliveries(self) -> int:
        return self.query("select count(*) as n from deliveries")[0]["n"]


@pytest.fixture
def trapline(tmp_path):
    deployment = Trapline(tmp_path / "deployment")
    deployment.start()
    yield deployment
    deployment.stop()
