"""A version in use: its process, and the requests that wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from probado.errors import Refused
from probado.life.version import environment

# Rows that are predicted at once, bytes of a line, seconds in which a process must be ready.
TOGETHER, LINE, READY = 2000, 2**26, 120
# Seconds that a request waits for others, where several came at once before.
LINGER = 0.002


# What is asked, predict or explain, and rows.
Asked = tuple[str, list[Any]]


class Overloaded(Exception):
    """More requests wait than can be answered soon."""


class Broken(Exception):
    """The process of the version ended over a request."""


class Model:
    """A version in a process of its own. `start` it before it is asked, `stop` it when nobody asks any more."""

    def __init__(self, name: str, folder: Path, module: str, threads: int, most: int, seconds: float) -> None:
        """`most` requests may wait; a process that says nothing for so many `seconds` is started anew."""
        self.name, self.folder, self.module, self.threads = name, folder, module, threads
        self.seconds = seconds
        self.inputs: list[dict[str, Any]] = []
        self.explains = self.ready = False
        self._waiting: asyncio.Queue[tuple[Asked, asyncio.Future[dict[str, Any]]]] = asyncio.Queue(most)
        self._process: asyncio.subprocess.Process | None = None
        self._work: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the process and begin to answer.

        Raises:
            Refused: the version cannot be loaded.
        """
        await self._spawn()
        self._work = asyncio.create_task(self._answer())

    async def ask(self, what: str, rows: list[Any]) -> dict[str, Any]:
        """The answer of the version to a request, as serve/process.py makes it.

        Raises:
            Overloaded: too many requests wait.
            Broken: the process ended over it.
        """
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait(((what, rows), answer))
        except asyncio.QueueFull:
            raise Overloaded from None
        return await answer

    async def stop(self) -> None:
        """Answer what waits, then end the process."""
        await self._waiting.join()
        self.ready = False
        if self._work:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work
        await self._end()

    async def _spawn(self) -> None:
        command = ["-P", "-m", "probado.life.serve.process", self.module]
        pipe, variables = asyncio.subprocess.PIPE, environment(self.folder, self.threads)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=pipe, stdout=pipe, cwd=self.folder, env=variables, limit=LINE
        )
        try:
            async with asyncio.timeout(READY):
                said = await self._read()
        except (Broken, TimeoutError):
            await self._end()
            raise Refused(f"version {self.name} cannot be loaded: what it said stands above") from None
        self.inputs, self.explains = said["inputs"], said["explains"]
        self.ready = True

    async def _end(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _read(self) -> Any:
        assert self._process and self._process.stdout
        line = await self._process.stdout.readline()
        if not line:
            raise Broken
        return json.loads(line)

    async def _ask(self, requests: list[Asked]) -> list[dict[str, Any]]:
        assert self._process and self._process.stdin
        try:
            self._process.stdin.write(json.dumps(requests).encode() + b"\n")
            async with asyncio.timeout(self.seconds):
                await self._process.stdin.drain()
                found: list[dict[str, Any]] = await self._read()
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            raise Broken from None
        return found

    async def _answer(self) -> None:
        """Take what waits, ask the process about all of it at once, and so on."""
        crowded = False
        while True:
            taken = [await self._waiting.get()]
            if crowded:
                # Those that were just answered ask again: together with them it takes hardly longer.
                await asyncio.sleep(LINGER)
            rows = len(taken[0][0][1])
            while not self._waiting.empty() and rows < TOGETHER:
                taken.append(self._waiting.get_nowait())
                rows += len(taken[-1][0][1])
            crowded = len(taken) > 1
            # Who asked may have gone.
            asked = [one for one in taken if not one[1].done()]
            try:
                if asked:
                    await self._settle(asked)
            finally:
                for _ in taken:
                    self._waiting.task_done()

    async def _settle(self, asked: list[tuple[Asked, asyncio.Future[dict[str, Any]]]]) -> None:
        try:
            found = await self._ask([one for one, _ in asked])
        except Broken:
            await self._again(asked)
            return
        for (_, answer), one in zip(asked, found, strict=True):
            if not answer.done():
                answer.set_result(one)

    async def _again(self, asked: list[tuple[Asked, asyncio.Future[dict[str, Any]]]]) -> None:
        """Start the process anew after it ended, and ask each request by itself: one of them may be the reason."""
        self.ready = False
        await self._end()
        for one, answer in asked:
            try:
                if not self.ready:
                    await self._spawn()
                found = (await self._ask([one]))[0]
            except (Broken, Refused):
                self.ready = False
                await self._end()
                if not answer.done():
                    answer.set_exception(Broken())
                continue
            if not answer.done():
                answer.set_result(found)
        if not self.ready:
            with contextlib.suppress(Refused):
                await self._spawn()
