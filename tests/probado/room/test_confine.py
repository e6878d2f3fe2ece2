"""What a command of the clean room cannot do, on this kind of system."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from probado.room.process import CONFINE

CONNECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"


def confined(method: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command by confine.py."""
    launcher = [sys.executable, "-I", "-S", str(CONFINE), method, "--", sys.executable, "-c", *command]
    return subprocess.run(launcher, capture_output=True, text=True)


@pytest.mark.parametrize("method", ["namespace", "seccomp"])
def test_no_connection_is_made(method: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        assert confined("allowed", CONNECT, port).returncode == 0
        refused = confined(method, CONNECT, port)
    if refused.returncode == 126:
        pytest.skip(f"this system has no {method}: {refused.stderr}")
    assert refused.returncode == 1
    assert ("Permission denied" if method == "seccomp" else "Connection refused") in refused.stderr


def test_sockets_of_other_kinds_are_left() -> None:
    pair = confined("seccomp", "import socket; one, other = socket.socketpair(); one.send(b'x'); print(other.recv(1))")
    assert pair.returncode == 126 or pair.stdout == "b'x'\n"


@pytest.mark.parametrize("method", ["namespace", "seccomp"])
def test_a_system_without_it_is_not_taken_for_one_that_refuses(method: str, tmp_path: Path) -> None:
    """The processor is another one, and the C library lacks Linux's calls."""
    without = "import ctypes, os, runpy, sys, types\n"
    without += "os.uname = lambda: types.SimpleNamespace(machine='other'); sys.argv = sys.argv[1:]\n"
    without += "class Other:\n    prctl = staticmethod(lambda *_: 0)\n    def __init__(self, *_, **__): pass\n"
    without += "ctypes.CDLL = Other; runpy.run_path(sys.argv[0], run_name='__main__')"
    mark = tmp_path / "ran"
    command = [sys.executable, "-c", without, str(CONFINE), method, "--", "/bin/sh", "-c", f"touch {mark}"]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.defpath})
    assert (done.returncode, mark.exists()) == (126, False), done.stderr
    assert done.stderr.startswith(f"confine: {method}") and len(done.stderr.splitlines()) == 1


def test_it_does_not_look_into_a_process_outside(tmp_path: Path) -> None:
    """By /proc the folder that is hidden could be found in another process without privileges."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "answer.txt").write_text("42")
    without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    beside = subprocess.Popen([*without, "sleep", "60"])
    try:
        command = ["cat", f"/proc/{beside.pid}/root{tmp_path}/own/answer.txt"]
        hidden = json.dumps({str(tmp_path / "own"): []})
        launcher = [sys.executable, "-I", "-S", str(CONFINE), "namespace", hidden, "--", *command]
        done = subprocess.run(launcher, capture_output=True, text=True)
    finally:
        beside.kill()
        beside.wait()
    if done.returncode == 126:
        pytest.skip(f"this system has no namespace: {done.stderr}")
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
