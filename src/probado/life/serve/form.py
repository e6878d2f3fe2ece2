"""The form for people: a page without scripts, in English or Spanish."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from probado.life.rows import NUMBERS, WORDS, shares_of, total_of
from probado.life.serve.answers import Answers, Rejected

# Contributions that are shown one by one.
SHOWN = 10
FIELD = "of "
LANGUAGES: dict[str, Any] = {
    "en": {
        "other": "es",
        "switch": "Español",
        "prediction": "Prediction",
        "why": "What it rests on",
        "scales": {},
        "start": "The {of} starts at {base}; what the row adds leads to {total}.",
        "feature": "Feature",
        "value": "Value",
        "adds": "Adds",
        "rest": "{count} others",
        "version": "Version {version} of the model.",
        "key": "Key",
        "unknown": "unknown",
        "ask": "Predict",
        "training": "in training {0} to {1}",
        "number": "{name}: a number is needed, found {given}",
        "not_typed": "A row of this model holds lists, which cannot be typed here. Ask /predict.",
    },
    "es": {
        "other": "en",
        "switch": "English",
        "prediction": "Predicción",
        "why": "En qué se basa",
        "scales": {"log-odds of": "logit de", "probability of": "probabilidad de", "score of": "puntuación de"},
        "start": "Se explica: {of}. Empieza en {base}; lo que añade la fila lleva a {total}.",
        "feature": "Variable",
        "value": "Valor",
        "adds": "Añade",
        "rest": "{count} más",
        "version": "Versión {version} del modelo.",
        "key": "Clave",
        "unknown": "no se sabe",
        "ask": "Predecir",
        "training": "en el entrenamiento de {0} a {1}",
        "number": "{name}: hace falta un número, se encontró {given}",
        "not_typed": "Una fila de este modelo contiene listas, que aquí no se pueden escribir. Pregunte a /predict.",
    },
}


def empty_form(answers: Answers, language: str) -> str:
    """The page with the example of each column; `language` as a browser says it."""
    inputs = answers.served.described()
    return _page(answers, language, {one["name"]: _shown(one["example"]) for one in inputs})


async def asked_in_form(answers: Answers, name: str, body: bytes) -> tuple[int, str]:
    """The status, and the page with the prediction of the row in a body of a form, and what it rests on."""
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=10_000))
    except ValueError:
        fields = {}
    language, key = fields.get("lang", ""), fields.get("key", "")
    given = {name.removeprefix(FIELD): text for name, text in fields.items() if name.startswith(FIELD)}
    words = LANGUAGES[_known(language)]

    async def row(_: int) -> list[Any]:
        return [_row(answers.served.described(), given, words)]

    status, said = await answers.answer("predict", name, key, row)
    if status != 200:
        return status, _page(answers, language, given, key=key, error=said["error"])
    explained, told = await answers.answer("explain", name, key, row)
    why = told["explanations"][0] if explained == 200 else None
    prediction = said["predictions"][0]
    return 200, _page(answers, language, given, key=key, version=said["version"], prediction=prediction, why=why)


def _known(language: str) -> str:
    return "es" if language.lower().startswith("es") else "en"


def _row(inputs: list[dict[str, Any]], given: dict[str, str], words: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON has it. A number may have a decimal comma where Spanish is read."""
    row: dict[str, Any] = {}
    for one in inputs:
        text = given.get(one["name"], "").strip()
        if one["type"] not in NUMBERS:
            row[one["name"]] = text or None
            continue
        try:
            row[one["name"]] = float(text.replace(",", ".") if words["other"] == "en" else text) if text else None
        except ValueError:
            raise Rejected(422, words["number"].format(name=one["name"], given=repr(text[:40]))) from None
    return row


def _page(
    answers: Answers,
    language: str,
    given: dict[str, str],
    *,
    key: str = "",
    error: str = "",
    version: str = "",
    prediction: dict[str, Any] | None = None,
    why: dict[str, Any] | None = None,
) -> str:
    language, inputs = _known(language), answers.served.described()
    words = LANGUAGES[language]
    fields = [
        {
            "name": one["name"],
            "unit": one["unit"],
            "hint": words["training"].format(*map(_shown, one["range"])) if one["range"] else "",
            "choices": one["values"],
            "given": given.get(one["name"], ""),
            "decimal": one["type"] in NUMBERS,
        }
        for one in inputs
    ]
    return str(
        _template().render(
            language=language,
            words=words,
            module=answers.served.module,
            locked=answers.key is not None,
            key=key,
            error=error,
            version=version,
            possible=all(one["type"] in (*NUMBERS, *WORDS) for one in inputs),
            fields=fields,
            prediction=prediction,
            shares=_shares(prediction or {}),
            explanation=why and _explanation(why, words["scales"]),
        )
    )


@cache
def _template() -> Any:
    import jinja2

    folder = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    return jinja2.Environment(loader=folder, autoescape=True, undefined=jinja2.StrictUndefined).get_template(
        "form.html"
    )


def _shares(prediction: dict[str, Any]) -> list[dict[str, Any]]:
    """The probabilities of the classes, the highest first."""
    found = shares_of(prediction)
    return [{"name": name, "width": round(100 * value, 1), "said": f"{value:.4f}"} for name, value in found.items()]


def _explanation(why: dict[str, Any], scales: dict[str, str]) -> dict[str, Any]:
    """What is explained, where it starts, the largest contributions with the width of their bars, and the rest."""
    every = why["contributions"]
    shown, rest = every[:SHOWN], every[SHOWN:]
    largest = max((abs(one["contribution"]) for one in shown), default=0) or 1
    of = why["of"]
    for scale, translated in scales.items():
        of = translated + of.removeprefix(scale) if of.startswith(scale) else of
    bars = [
        {
            **one,
            "width": round(100 * abs(one["contribution"]) / largest, 1),
            "said": f"{one['contribution']:+.3g}",
            "value_said": _shown(one["value"]),
        }
        for one in shown
    ]
    return {
        "of": of,
        "base_said": f"{why['base']:.3g}",
        "total_said": f"{total_of(why):.3g}",
        "contributions": bars,
        "rest": len(rest),
        "rest_said": f"{sum(one['contribution'] for one in rest):+.3g}" if rest else "",
    }


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
