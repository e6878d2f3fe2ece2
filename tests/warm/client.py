#!/usr/bin/env -S python3 -IS
"""Stand in for python: hand a stage or a line of code to the warm interpreter, run everything else as usual."""

import json
import os
import socket
import sys

python = os.environ["WARM_PYTHON"]
if sys.argv[1:3] != ["-m", "mlops.stage"] and sys.argv[1:2] != ["-c"]:
    os.execv(python, [python, *sys.argv[1:]])
here = os.getcwd()  # noqa: PTH109 - pathlib takes longer to load than all of this
request = {"arguments": sys.argv[1:], "folder": here, "variables": dict(os.environ)}
with socket.socket(socket.AF_UNIX) as server:
    server.connect(os.environ["WARM_SOCKET"])
    socket.send_fds(server, [b"\n"], [1, 2])
    server.sendall(json.dumps(request).encode() + b"\n")
    sys.exit(int(server.makefile().readline()))
