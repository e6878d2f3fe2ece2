"""The environment variables of the clean room: fixed ones, and the few that are passed on."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from probado.contract import CONFIG, FIXED, THREAD_VARIABLES

# Passed on where the network is allowed: certificates, proxies, where packages come from, and the one raw file that a
# person may name. Their values are never written into the evidence.
ALLOWED = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    *(name + "_proxy" for name in ("http", "https", "all", "no")),
    *(name + "_PROXY" for name in ("HTTP", "HTTPS", "ALL", "NO")),
    "UV_CACHE_DIR",
    "UV_FIND_LINKS",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_STRATEGY",
    "UV_OFFLINE",
    "DATA_FILE",
)
# No program may report to its makers that a stage ran.
NO_TELEMETRY = {"DVC_NO_ANALYTICS": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}


def room_variables(folder: Path, threads: int, binaries: Sequence[str], network: bool) -> dict[str, str]:
    """The whole environment of a command in a room.

    Args:
        folder: the room's folder.
        threads: how many a program may start for its sums.
        binaries: entries of PATH.
        network: whether the command may use the network.
    """
    variables = {
        **FIXED,
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        **NO_TELEMETRY,
        "PATH": os.pathsep.join(binaries),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "DVC_SITE_CACHE_DIR": str(folder / "tmp" / "dvc"),
    }
    if network:
        variables |= {name: os.environ[name] for name in ALLOWED if name in os.environ}
    return variables


def thread_count(root: Path) -> int:
    """The number of threads in the project's configuration; all processors where it names none."""
    config = root / CONFIG
    if config.is_file():
        line = re.search(r"(?m)^threads\s*:\s*(\d+)", config.read_text(encoding="utf-8", errors="replace"))
        if line:
            return int(line[1])
    return os.cpu_count() or 1


def redacted(text: str) -> str:
    """A text without values of the caller's variables and without passwords in addresses: evidence is public."""
    for name in ALLOWED:
        value = os.environ.get(name, "")
        for part in (value, value.partition("://")[2]):
            # Only addresses and paths: a plain "true" stands in many texts.
            if re.search(r"[/:@.]", part):
                text = text.replace(part, f"${name}")
    return re.sub(r"(?<=://)[^/@\s\"']+@", "", text)
