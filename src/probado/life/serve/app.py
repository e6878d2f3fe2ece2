"""The HTTP application: what is asked by programs, in JSON, and by people, in a form."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from probado.life.serve.answers import Answers, Rejected
from probado.life.serve.form import asked_in_form, empty_form
from probado.life.serve.schema import openapi
from probado.life.serve.served import Limits


def make_app(answers: Answers) -> FastAPI:
    """The application."""
    served = answers.served

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await served.stop()

    async def predict(request: Request) -> Response:
        return await answered(request, "predict")

    async def explain(request: Request) -> Response:
        return await answered(request, "explain")

    async def answered(request: Request, what: str) -> Response:
        async def rows(most: int) -> list[Any]:
            return _rows(await _body(request, served.limits), most)

        name = _name(request)
        status, said = await answers.answer(what, name, request.headers.get("x-api-key", ""), rows)
        headers = {"X-Request-ID": name} | ({"Retry-After": "1"} if status == 503 else {})
        return JSONResponse(said, status, headers)

    async def form(request: Request) -> Response:
        language = request.headers.get("accept-language", "")
        return HTMLResponse(empty_form(answers, request.query_params.get("lang", language)))

    async def filled(request: Request) -> Response:
        try:
            body = await _body(request, served.limits)
        except Rejected as rejected:
            return Response(rejected.said, rejected.status, media_type="text/plain")
        status, page = await asked_in_form(answers, _name(request), body)
        return HTMLResponse(page, status)

    async def health() -> dict[str, str]:
        return {"status": "alive"}

    async def ready() -> JSONResponse:
        model = served.champion
        is_ready = model is not None and model.ready
        return JSONResponse({"version": model.name if model else None, "ready": is_ready}, 200 if is_ready else 503)

    async def metrics() -> Response:
        text, kind = answers.telemetry.exposed()
        return Response(text, media_type=kind)

    async def schema() -> dict[str, Any]:
        return openapi(served, answers.key is not None)

    app = FastAPI(title=served.module, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    for path, posted in (("/predict", predict), ("/explain", explain), ("/", filled)):
        app.add_api_route(path, posted, methods=["POST"], response_model=None)
    gets = (("/", form), ("/health", health), ("/ready", ready), ("/metrics", metrics), ("/openapi.json", schema))
    for path, got in gets:
        app.add_api_route(path, got, methods=["GET"], response_model=None)
    return app


def _name(request: Request) -> str:
    """The id of a request: that of who asked if it is a short word, else a new one."""
    given = request.headers.get("x-request-id", "")
    return given if 0 < len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum() else uuid.uuid4().hex


async def _body(request: Request, limits: Limits) -> bytes:
    found = bytearray()
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
