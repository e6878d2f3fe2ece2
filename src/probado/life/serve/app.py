"""The HTTP application: predictions of the versions in use, within limits, for who has the key."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from probado.life.serve.model import Broken, Model, Overloaded
from probado.life.serve.schema import openapi
from probado.life.serve.served import Served
from probado.life.serve.telemetry import Telemetry

LOG = logging.getLogger("probado.serve")


class Rejected(Exception):
    """A request that is not answered: the status, and a sentence for who asked."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


def make_app(served: Served, telemetry: Telemetry, key: str | None, canary: float, shadow: bool) -> FastAPI:
    """The application.

    Args:
        served: the versions in use.
        telemetry: counts and logs the requests.
        key: who asks for predictions must know it; None lets everybody.
        canary: the share of the requests that the challenger answers.
        shadow: whether it predicts the others, too, without being heard.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await served.stop()

    async def predict(request: Request) -> Response:
        return await answered(request, "predict")

    async def answered(request: Request, what: str) -> Response:
        began, name = time.perf_counter(), _name(request)
        version, rows = "", []
        try:
            _check_key(request, key)
            rows = _rows(await _body(request, served), served.limits.rows)
            model = _chosen(served, name, canary)
            version = model.name
            found = await _predicted(model, rows, served.limits.seconds)
            if shadow and served.challenger and model is not served.challenger:
                telemetry.later(_shadowed(served.challenger, name, rows, telemetry, served.limits.seconds))
            status, said = 200, {"version": version, "predictions": found}
        except Rejected as rejected:
            status, said = rejected.status, {"error": rejected.said}
        telemetry.asked(what, name, status, version, rows, said, time.perf_counter() - began)
        headers = {"X-Request-ID": name} | ({"Retry-After": "1"} if status == 503 else {})
        return JSONResponse(said, status, headers)

    async def health() -> dict[str, str]:
        return {"status": "alive"}

    async def ready() -> JSONResponse:
        model = served.champion
        is_ready = model is not None and model.ready
        return JSONResponse({"version": model.name if model else None, "ready": is_ready}, 200 if is_ready else 503)

    async def metrics() -> Response:
        text, kind = telemetry.exposed()
        return Response(text, media_type=kind)

    async def schema() -> dict[str, Any]:
        return openapi(served, key is not None)

    app = FastAPI(title=served.module, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_api_route("/predict", predict, methods=["POST"])
    for path, route in (("/health", health), ("/ready", ready), ("/metrics", metrics), ("/openapi.json", schema)):
        app.add_api_route(path, route, methods=["GET"])
    return app


def _name(request: Request) -> str:
    """The id of a request: that of who asked if it is a short word, else a new one."""
    given = request.headers.get("x-request-id", "")
    return given if 0 < len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum() else uuid.uuid4().hex


def _check_key(request: Request, key: str | None) -> None:
    if key and not hmac.compare_digest(request.headers.get("x-api-key", "").encode(), key.encode()):
        raise Rejected(401, "the header X-API-Key must hold the key")


async def _body(request: Request, served: Served) -> bytes:
    limits, found = served.limits, bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for part in request.stream():
                found += part
                if len(found) > limits.bytes:
                    raise Rejected(413, f"the body may have {limits.bytes} bytes")
    except TimeoutError:
        raise Rejected(408, f"the body did not come within {limits.seconds:g} seconds") from None
    return bytes(found)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _rows(body: bytes, most: int) -> list[Any]:
    """The rows of a body: one object, or a list of them."""
    try:
        given = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Rejected(400, f"the body must be JSON: {' '.join(str(error).split())[:200]}") from None
    rows = given if isinstance(given, list) else [given]
    if not 0 < len(rows) <= most:
        raise Rejected(422, f"a request may have 1 to {most} rows, found {len(rows)}")
    return rows


def _chosen(served: Served, name: str, canary: float) -> Model:
    """The version that answers a request: the same one for the same id."""
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    model = served.challenger if served.challenger and share < canary else served.champion
    if model is None or (not model.ready and model.inputs == []):
        raise Rejected(503, "no model is loaded yet")
    return model


async def _predicted(model: Model, rows: list[Any], seconds: float) -> list[dict[str, Any]]:
    try:
        async with asyncio.timeout(seconds):
            answer = await model.predict(rows)
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


async def _shadowed(model: Model, name: str, rows: list[Any], telemetry: Telemetry, seconds: float) -> None:
    """Let the challenger predict what the champion answered, for the log alone."""
    began = time.perf_counter()
    try:
        status, said = 200, {"version": model.name, "predictions": await _predicted(model, rows, seconds)}
    except Rejected as rejected:
        status, said = rejected.status, {"error": rejected.said}
    telemetry.asked("shadow", name, status, model.name, rows, said, time.perf_counter() - began)
