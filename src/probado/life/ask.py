"""probado ask: a person answers a question for each input, and hears the prediction and what it rests on."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probado.errors import Refused
from probado.life.rows import NUMBERS, WORDS, shares_of, total_of
from probado.life.science import threads_of
from probado.life.version import environment

# Contributions that are told, values of a category that are listed, cells of a bar.
TOLD, LISTED, BAR = 5, 10, 30
BACK, END = "<", "q"
LANGUAGES = {
    "en": {
        "start": "Version {version}. Enter alone: unknown. <: back. q: end.",
        "training": "in training {0} to {1}",
        "one of": "one of {0}",
        "such as": "such as {0}",
        "types": {},
        "number": "a number is needed, such as {0}",
        "new": "no training row had this value: it counts as none that the model knows",
        "outside": "this is outside of what training had",
        "prediction": "Prediction: {0}",
        "rests": "It rests on ({of}, from {base} to {total}):",
        "again": "Enter: another row. <: change this one. q: end. ",
        "lists": "a row of this model holds lists, which cannot be typed here",
    },
    "es": {
        "start": "Versión {version}. Solo Intro: no se sabe. <: atrás. q: terminar.",
        "training": "en el entrenamiento de {0} a {1}",
        "one of": "uno de {0}",
        "such as": "por ejemplo {0}",
        "types": {"number": "número", "integer": "entero", "category": "categoría", "text": "texto", "date": "fecha"},
        "number": "hace falta un número, por ejemplo {0}",
        "new": "ninguna fila de entrenamiento tenía este valor: cuenta como ninguno de los que el modelo conoce",
        "outside": "está fuera de lo que tenía el entrenamiento",
        "prediction": "Predicción: {0}",
        "rests": "Se basa en ({of}, de {base} a {total}):",
        "again": "Intro: otra fila. <: cambiar esta. q: terminar. ",
        "lists": "una fila de este modelo contiene listas, que aquí no se pueden escribir",
    },
}


Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


class Ended(Exception):
    """The person has enough."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--module", required=True, help="the project's Python module")
    parser.add_argument("--lang", choices=sorted(LANGUAGES), help="(default: that of the terminal)")


def run(options: argparse.Namespace) -> int:
    """Ask until the person ends it; returns the exit status."""
    spoken = options.lang or ("es" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("es") else "en")
    try:
        conversation(Path.cwd(), options.module, LANGUAGES[spoken])
    except (Ended, EOFError, KeyboardInterrupt):
        print()
    return 0


def conversation(root: Path, module: str, words: dict[str, Any]) -> None:
    """Ask for rows and tell their predictions.

    Raises:
        Refused: there is no model, or its rows cannot be typed.
        Ended: the person has enough.
    """
    name, folder = in_use(root, module)
    with model(folder, module, threads_of(root)) as (said, ask):
        inputs = [one for one in said["inputs"] if one["required"]]
        if any(one["type"] not in (*NUMBERS, *WORDS) for one in inputs):
            raise Refused(words["lists"])
        print(words["start"].format(version=name))
        row: dict[str, Any] = {}
        place = 0
        while True:
            while place < len(inputs):
                answered = question(inputs[place], row, words)
                place = place + 1 if answered else max(place - 1, 0)
            tell(row, said["explains"], ask, words)
            row, place = (row, len(inputs) - 1) if _typed(words["again"]) == BACK else ({}, 0)


def in_use(root: Path, module: str) -> tuple[str, Path]:
    """The name and folder of the champion; of the present model if there is none yet."""
    from probado.life.registry import Registry

    registry = Registry(module, root)
    number = registry.champion()
    return (number, registry.folder(number)[0]) if number else ("unregistered", root)


@contextmanager
def model(folder: Path, module: str, threads: int) -> Iterator[tuple[dict[str, Any], Ask]]:
    """The process of a version: what it says first, and a function that asks it."""
    command = [sys.executable, "-P", "-m", "probado.life.serve.process", module]
    pipe, variables = subprocess.PIPE, environment(folder, threads)
    with subprocess.Popen(command, cwd=folder, env=variables, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin and process.stdout
        given, told = process.stdin, process.stdout

        def said() -> Any:
            line = told.readline()
            if not line:
                raise Refused("the model's process ended: what it said stands above")
            return json.loads(line)

        def ask(what: str, row: dict[str, Any]) -> dict[str, Any]:
            given.write(json.dumps([[what, [row]]]) + "\n")
            given.flush()
            answer: dict[str, Any] = said()[0]
            return answer

        try:
            yield said(), ask
        finally:
            process.kill()


def _typed(prompt: str) -> str:
    text = input(prompt).strip()
    if text == END:
        raise Ended
    return text


def question(one: dict[str, Any], row: dict[str, Any], words: dict[str, Any]) -> bool:
    """Ask for an input until the answer can be used, and put it into the row; False to go back."""
    told = [words["types"].get(one["type"], one["type"]), one["unit"]]
    told += [words["training"].format(*one["range"])] if one["range"] else []
    told += [words["one of"].format(", ".join(one["values"][:LISTED]))] if one["values"] else []
    told += [words["such as"].format(one["example"])]
    prompt = f"{one['name']} ({'; '.join(filter(None, told))}): "
    while True:
        text = _typed(prompt)
        if text == BACK:
            return False
        value: Any = text or None
        if text and one["type"] in NUMBERS:
            try:
                value = float(text.replace(",", ".") if words is LANGUAGES["es"] else text)
            except ValueError:
                print(f"  {words['number'].format(one['example'])}")
                continue
            if one["range"] and not one["range"][0] <= value <= one["range"][1]:
                print(f"  {words['outside']}")
        elif text and one["values"] and len(one["values"]) < 50 and text not in one["values"]:
            print(f"  {words['new']}")
        row[one["name"]] = value
        return True


def tell(row: dict[str, Any], explains: bool, ask: Ask, words: dict[str, Any]) -> None:
    """Print the prediction of a row and what it rests on, or why there is none."""
    answer = ask("predict", row)
    if "error" in answer:
        print(f"\n{answer['error']}\n")
        return
    [found] = answer["found"]
    print(f"\n{words['prediction'].format(found['predicted'])}")
    for name, share in shares_of(found).items():
        print(f"  {name:<20} {'█' * round(BAR * share):<{BAR}} {share:.4f}")
    why = ask("explain", row) if explains else {}
    if "found" in why:
        [told] = why["found"]
        print(words["rests"].format(of=told["of"], base=f"{told['base']:.3g}", total=f"{total_of(told):.3g}"))
        for one in told["contributions"][:TOLD]:
            value = "" if one["value"] is None else one["value"]
            print(f"  {one['contribution']:+10.3g}  {one['feature']} = {value}")
    print()
