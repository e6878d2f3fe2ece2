"""probado serve: answer requests with the champion."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import socket
from pathlib import Path

from probado.errors import Refused
from probado.life.science import threads_of

# The variable with the key that who asks must know.
KEY = "PROBADO_KEY"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--module", required=True, help="the project's Python module")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8000, help="(default: 8000; 0: any that is free)")
    parser.add_argument("--canary", type=float, default=0.0, help="share of the requests that the challenger answers")
    parser.add_argument("--shadow", action="store_true", help="let the challenger predict unheard, for the log")


def run(options: argparse.Namespace) -> int:
    """Serve until a signal ends it; returns the exit status."""
    if importlib.util.find_spec("prometheus_client") is None:
        raise Refused("it needs packages of the group life: make env WITH=life")
    if not 0 <= options.canary <= 1:
        raise Refused(f"--canary must be a share from 0 to 1, found {options.canary:g}")
    try:
        listening = socket.create_server((options.host, options.port))
    except (OSError, OverflowError) as error:
        raise Refused(f"{options.host}:{options.port} cannot be listened on: {error}: choose another --port") from None
    with listening:
        # Connections inherit it. Without it, a client that keeps its connection waits 40 ms for each answer.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asyncio.run(answer(Path.cwd(), options, listening))
    return 0


async def answer(root: Path, options: argparse.Namespace, listening: socket.socket) -> None:
    """Answer on a socket until a signal ends it.

    Raises:
        Refused: there is no model, or it cannot be loaded.
    """
    import uvicorn

    from probado.life.serve.answers import Answers
    from probado.life.serve.app import make_app
    from probado.life.serve.served import Limits, Served
    from probado.life.serve.telemetry import Telemetry

    limits = Limits()
    served = Served(root, options.module, threads_of(root), limits, bool(options.canary or options.shadow))
    answers = Answers(served, Telemetry(root), os.environ.get(KEY), options.canary, options.shadow)
    # Before anybody can ask.
    await served.start()
    config = uvicorn.Config(
        make_app(answers),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=int(limits.seconds),
        limit_concurrency=2 * limits.waiting,
    )
    print(f"predictions at http://{options.host}:{listening.getsockname()[1]}", flush=True)
    await uvicorn.Server(config).serve(sockets=[listening])
