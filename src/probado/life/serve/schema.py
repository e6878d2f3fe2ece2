"""The interface as OpenAPI describes it, made from what a row of the version in use needs."""

from __future__ import annotations

from typing import Any

from probado.life.rows import NUMBERS, WORDS
from probado.life.serve.served import Served

ERRORS = {
    "400": "The body is no JSON",
    "401": "The key is missing or wrong",
    "408": "The body came too slowly",
    "413": "The body is too large",
    "422": "A row cannot be used, or there are too many",
    "503": "No model is ready, or too many requests wait",
    "504": "The model did not answer in time",
}
PREDICTION = {"type": "object", "required": ["row", "predicted"], "properties": {"row": {"type": "integer"}}}
CONTRIBUTION = {
    "type": "object",
    "required": ["feature", "value", "contribution"],
    "properties": {"feature": {"type": "string"}, "contribution": {"type": "number"}},
}
EXPLANATION = {
    "type": "object",
    "required": ["row", "of", "base", "contributions"],
    "properties": {
        "row": {"type": "integer"},
        "of": {"type": "string", "description": "What the base and the contributions add up to"},
        "base": {"type": "number"},
        "contributions": {"type": "array", "items": CONTRIBUTION},
    },
}


def openapi(served: Served, locked: bool) -> dict[str, Any]:
    """The description; `locked`: whether a key is asked for."""
    inputs = served.described()
    row = {
        "type": "object",
        "required": [one["name"] for one in inputs if one["required"]],
        "properties": {one["name"]: _property(one) for one in inputs},
    }
    example = {one["name"]: one["example"] for one in inputs}
    error = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    refusals = {
        status: {"description": said, "content": {"application/json": {"schema": error}}}
        for status, said in ERRORS.items()
        if locked or status != "401"
    }

    def asked(summary: str, most: int, name: str, one: dict[str, Any]) -> dict[str, Any]:
        rows = {"type": "array", "items": row, "minItems": 1, "maxItems": most}
        properties = {"version": {"type": "string"}, name: {"type": "array", "items": one}}
        answer = {"type": "object", "required": ["version", name], "properties": properties}
        body = {"schema": {"oneOf": [row, rows]}, "example": example}
        found = {"description": name.capitalize(), "content": {"application/json": {"schema": answer}}}
        operation = {
            "summary": summary,
            "requestBody": {"required": True, "content": {"application/json": body}},
            "responses": {"200": found, **refusals},
        }
        return {"post": operation | ({"security": [{"key": []}]} if locked else {})}

    limits = served.limits
    paths = {"/predict": asked("Predict one row or several", limits.rows, "predictions", PREDICTION)}
    if served.champion and served.champion.explains:
        summary = "What the predictions of one row or several rest on"
        paths["/explain"] = asked(summary, limits.explained, "explanations", EXPLANATION)
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": served.module, "version": served.champion.name if served.champion else "none"},
        "paths": {
            **paths,
            "/health": {"get": _plain("Whether the server runs")},
            "/ready": {"get": _plain("Whether a model is loaded", "503")},
            "/metrics": {"get": _plain("Counts for Prometheus")},
        },
    }
    if locked:
        described["components"] = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}}
    return described


def _property(one: dict[str, Any]) -> dict[str, Any]:
    """A column as JSON Schema has it; null is a missing value."""
    kind = "number" if one["type"] in NUMBERS else "string" if one["type"] in WORDS else "array"
    told = ", ".join(filter(None, [one["type"], one["unit"]]))
    seen = one["range"] or one["values"][:10]
    in_training = f"; in training {'from {} to {}'.format(*seen) if one['range'] else ', '.join(map(str, seen))}"
    return {"type": [kind, "null"], "description": told + (in_training if seen else ""), "examples": [one["example"]]}


def _plain(summary: str, *others: str) -> dict[str, Any]:
    answers = {status: {"description": summary} for status in ("200", *others)}
    return {"summary": summary, "responses": answers}
