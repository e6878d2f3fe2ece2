"""How the network is kept from a stage: found by trying it on a listener of this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from probado.room.process import Outcome
from probado.room.sandbox import BUBBLEWRAP, NAMESPACE
from probado.text import last_line

CONNECT = (
    "import socket, sys\ntry: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)\n"
    "except OSError as error: print(error); sys.exit(3)"
)
METHODS = (BUBBLEWRAP, NAMESPACE, "seccomp")


@dataclass(frozen=True)
class Network:
    """The method of confine.py that works here ("none" without one), and what an attempt to connect gave."""

    method: str
    probe: str

    @property
    def counted(self) -> bool:
        """Whether every attempt to leave the room's network is seen, whatever program makes it."""
        return self.method in (BUBBLEWRAP, NAMESPACE)


def probe_network(python: str, run: Callable[[str, Sequence[str]], Outcome]) -> Network:
    """Find the first method by which a connection is refused.

    Args:
        python: an interpreter that commands of the room can start.
        run: runs a command by a method of confine.py.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        command = [python, "-I", "-S", "-c", CONNECT, str(listener.getsockname()[1])]
        for method in METHODS:
            outcome = run(method, command)
            if outcome.status == 3:
                return Network(method, f"refused: {last_line(outcome.output)}")
    return Network("none", "a connection from the room went through")
