"""Ask a server at eight connections: client.py PORT PATH BODY REQUESTS. Prints JSON: seconds, and the slowest 1 %."""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from pathlib import Path

CLIENTS = 8


def asked(port: int, path: str, body: bytes, requests: int) -> dict[str, float]:
    """Seconds of so many requests by eight clients, and the milliseconds that one in a hundred takes at least."""
    taken: list[float] = []

    def ask(count: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for _ in range(count):
            begun = time.perf_counter()
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{answer.status}: {text!r}")
            taken.append(time.perf_counter() - begun)
        connection.close()

    threads = [threading.Thread(target=ask, args=(requests // CLIENTS,)) for _ in range(CLIENTS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    if len(taken) != requests // CLIENTS * CLIENTS:
        raise SystemExit("a request failed")
    return {"seconds": seconds, "p99": 1000 * sorted(taken)[int(0.99 * len(taken))]}


if __name__ == "__main__":
    print(json.dumps(asked(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes(), int(sys.argv[4]))))
