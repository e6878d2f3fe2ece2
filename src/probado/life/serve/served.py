"""Which versions answer: the champion, and the challenger where it is tried. They follow the registry."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probado.errors import Refused
from probado.life.decision import CHALLENGER, CHAMPION
from probado.life.registry import Registry
from probado.life.serve.model import Model

LOG = logging.getLogger("probado.serve")
# Seconds between two looks at the registry.
EVERY = 1.0


@dataclass(frozen=True)
class Limits:
    """What a request may take, and how many may wait."""

    bytes: int = 2**20
    rows: int = 1000
    # Explanations take longer.
    explained: int = 20
    seconds: float = 30.0
    waiting: int = 500


class Served:
    """The versions in use."""

    def __init__(self, root: Path, module: str, threads: int, limits: Limits, second: bool) -> None:
        """`second`: whether the challenger is needed, too."""
        self.root, self.module, self.threads, self.limits = root, module, threads, limits
        self.aliases = (CHAMPION, CHALLENGER) if second else (CHAMPION,)
        self.models: dict[str, Model] = {}
        self._registry: Registry | None = None
        self._retired: set[asyncio.Task[None]] = set()
        self._following: asyncio.Task[None] | None = None

    @property
    def champion(self) -> Model | None:
        """The version in use."""
        return self.models.get(CHAMPION)

    @property
    def challenger(self) -> Model | None:
        """The version that is tried."""
        return self.models.get(CHALLENGER)

    async def start(self) -> None:
        """Load the versions, then follow the registry.

        Raises:
            Refused: there is no model, or it cannot be loaded.
        """
        await self._look()
        if self.champion is None:
            # Nothing was promoted yet.
            self.models[CHAMPION] = await self._started("unregistered", self.root)
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Answer what waits, and end."""
        if self._following:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following
        await asyncio.gather(*(model.stop() for model in self.models.values()), *self._retired)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._look()
            except Refused as error:
                LOG.error("the registry is not followed: %s", error)

    async def _look(self) -> None:
        """Let the version that the registry names answer each alias; the one before answers what waits for it."""
        found = await asyncio.to_thread(self._registered)
        for alias in self.aliases:
            number, now = found.get(alias), self.models.get(alias)
            if number is None or (now and now.name == number):
                continue
            folder, _ = await asyncio.to_thread(self._opened().folder, number)
            self.models[alias] = await self._started(number, folder)
            LOG.info("version %s is the %s", number, alias)
            if now:
                task = asyncio.create_task(now.stop())
                self._retired.add(task)
                task.add_done_callback(self._retired.discard)

    def _opened(self) -> Registry:
        if self._registry is None:
            self._registry = Registry(self.module, self.root)
        return self._registry

    def _registered(self) -> dict[str, str]:
        return self._opened().aliases()

    async def _started(self, name: str, folder: Path) -> Model:
        model = Model(name, folder, self.module, self.threads, self.limits.waiting, self.limits.seconds)
        await model.start()
        return model

    def described(self) -> list[dict[str, Any]]:
        """What a row needs, by the version in use."""
        return self.champion.inputs if self.champion else []
