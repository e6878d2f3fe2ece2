"""What is asked about rows, answered within limits by the version in use, counted and logged."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from probado.life.serve.model import Broken, Model, Overloaded
from probado.life.serve.served import Served
from probado.life.serve.telemetry import Telemetry

# What is asked, and what its answer is called.
NAMES = {"predict": "predictions", "explain": "explanations"}


class Rejected(Exception):
    """A request that is not answered: the status, and a sentence for who asked."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


@dataclass(frozen=True)
class Answers:
    """Answers requests.

    served: the versions in use.
    telemetry: counts and logs the requests.
    key: who asks must know it; None lets everybody.
    canary: the share of the requests that the challenger answers.
    shadow: whether it predicts the others, too, without being heard.
    """

    served: Served
    telemetry: Telemetry
    key: str | None
    canary: float
    shadow: bool

    async def answer(
        self, what: str, name: str, key: str, given: Callable[[int], Awaitable[list[Any]]]
    ) -> tuple[int, dict[str, Any]]:
        """The status, and the answer as JSON has it.

        Args:
            what: predict or explain.
            name: the id of the request, by which the version is chosen.
            key: that of who asks.
            given: reads at most so many rows, or raises Rejected.
        """
        began, version, rows, limits = time.perf_counter(), "", [], self.served.limits
        try:
            if self.key and not hmac.compare_digest(key.encode(), self.key.encode()):
                raise Rejected(401, "the header X-API-Key must hold the key")
            rows = await given(limits.explained if what == "explain" else limits.rows)
            model = self._chosen(name)
            version = model.name
            if what == "explain" and not model.explains:
                raise Rejected(404, "this model does not explain its predictions")
            found = await _asked(model, what, rows, limits.seconds)
            challenger = self.served.challenger
            if self.shadow and what == "predict" and challenger and model is not challenger:
                self.telemetry.later(self._shadowed(challenger, name, rows))
            status, said = 200, {"version": version, NAMES[what]: found}
        except Rejected as rejected:
            status, said = rejected.status, {"error": rejected.said}
        self.telemetry.asked(what, name, status, version, rows, said, time.perf_counter() - began)
        return status, said

    def _chosen(self, name: str) -> Model:
        """The version that answers a request: the same one for the same id."""
        served = self.served
        share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
        model = served.challenger if served.challenger and share < self.canary else served.champion
        if model is None or (not model.ready and model.inputs == []):
            raise Rejected(503, "no model is loaded yet")
        return model

    async def _shadowed(self, model: Model, name: str, rows: list[Any]) -> None:
        """Let the challenger predict what the champion answered, for the log alone."""
        began = time.perf_counter()
        try:
            found = await _asked(model, "predict", rows, self.served.limits.seconds)
            status, said = 200, {"version": model.name, "predictions": found}
        except Rejected as rejected:
            status, said = rejected.status, {"error": rejected.said}
        self.telemetry.asked("shadow", name, status, model.name, rows, said, time.perf_counter() - began)


async def _asked(model: Model, what: str, rows: list[Any], seconds: float) -> list[dict[str, Any]]:
    try:
        async with asyncio.timeout(seconds):
            answer = await model.ask(what, rows)
    except TimeoutError:
        raise Rejected(504, f"the model did not answer within {seconds:g} seconds") from None
    except Overloaded:
        raise Rejected(503, "too many requests wait: ask again later") from None
    except Broken:
        raise Rejected(503, "the model's process ended over this request") from None
    if "error" in answer:
        raise Rejected(503 if answer.get("fault") else 422, answer["error"])
    found: list[dict[str, Any]] = answer["found"]
    return found
