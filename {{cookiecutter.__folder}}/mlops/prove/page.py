"""The evidence for people: lines on the console, proof.md, proof.html, a badge, and proofs side by side."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mlops.prove.proof import Proof

TEMPLATES = Path(__file__).parent / "templates"
MEANS = {
    "EXACT": "Run again from a clean clone, every output came out with the very bytes that are committed.",
    "WITHIN TOLERANCE": "Run again from a clean clone, what came out is as close as the project declares.",
    "FAIL": "Run again from a clean clone, something else came out, or a rule was broken that a result may hang on.",
    "INCONCLUSIVE": "It could not be told: something that the rerun needs, or is compared with, could not be had.",
}
COLOURS = {"EXACT": "#2e7d32", "WITHIN TOLERANCE": "#558b2f", "FAIL": "#c62828", "INCONCLUSIVE": "#b26a00"}


def headline(made: Proof, apart: list[str]) -> str:
    """The verdict in one line: the reason where it is no proof, and what sets it `apart` from a full one."""
    modified, causes = made.judge.modified, made.causes
    by = f", by a modified judge ({', '.join(modified[:3])})" if modified else ""
    same = sum(out.verdict == "EXACT" for out in made.outputs)
    parts = [f"{same} of {len(made.outputs)} outputs are the committed bytes"] if made.outputs else ["no stage was run"]
    if made.claims and made.outputs:
        states = [claim.state for claim in made.claims]
        waiting = states.count("open")
        if checked := len(states) - waiting:
            parts.append(f"{states.count('held')} of {checked} claims hold")
        if waiting:
            parts.append(f"{waiting} claim{'s' * (waiting > 1)} open")
    if made.verdict == "INCONCLUSIVE" and (made.reasons or causes):
        parts = [made.reasons[0] if made.reasons else f"{causes[0].stage}: {causes[0].says} ({causes[0].detail})"]
    elif causes:
        parts.insert(0, f"{causes[0].stage}: {causes[0].says}")
    return f"{made.verdict}{by}: {'; '.join(parts)}" + (f" ({'; '.join(apart)})" if apart else "")


def render(name: str, made: Proof) -> str:
    """A page of the proof by the name of its template."""
    import jinja2

    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(["html", "svg"]),
    )
    return pages.get_template(name).render(proof=made, colour=COLOURS[made.verdict], means=MEANS)


def write(made: Proof, folder: Path) -> None:
    """Write proof.json, .md, .html and .svg, each beside and renamed into place."""
    contents = {"proof.json": made.model_dump_json(indent=2) + "\n"}
    contents |= {name: render(name, made) for name in ("proof.md", "proof.html", "proof.svg")}
    folder.mkdir(exist_ok=True)
    for name, text in contents.items():
        partial = folder / f"{name}.partial"
        try:
            partial.write_text(text, encoding="utf-8")
            os.replace(partial, folder / name)
        finally:
            partial.unlink(missing_ok=True)


def against(here: Proof, others: Iterable[Proof]) -> int:
    """Say how proofs of one commit agree; returns 0 where all speak of the same and none failed, else 1."""
    proofs = [here, *others]
    machines = {proof.machine.id for proof in proofs}
    classes = {proof.machine.cpu_class for proof in proofs}
    same = len({(proof.bound.tree, *proof.bound.dvc_lock.items()) for proof in proofs}) == 1
    good = all(proof.verdict in ("EXACT", "WITHIN TOLERANCE") for proof in proofs)
    for proof in proofs:
        of = f"commit {proof.bound.commit[:12]}, {proof.made}"
        print(f"  {proof.verdict:17} {proof.machine.id}  {proof.machine.cpu_class:32} {of}")
    found = [{out.path: out.found for out in proof.outputs} for proof in proofs]
    for path in found[0]:
        if len({hashes.get(path) for hashes in found}) > 1:
            print(f"  other bytes elsewhere: {path}")
    told = f"{len(machines)} machine{'s' * (len(machines) > 1)}, {len(classes)} CPU class{'es' * (len(classes) > 1)}"
    print(f"{told}: {'the same files' if same else 'NOT the same files'}, {'all proven' if good else 'NOT all proven'}")
    return 0 if same and good else 1
