"""The evidence for people: lines on the console, proof.md, proof.html, a badge, and proofs side by side."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probado.evidence.proof import Proof, Verdict

TEMPLATES = Path(__file__).parent / "templates"
PAGES = ("proof.md", "proof.html", "proof.svg")
MEANINGS: dict[Verdict, str] = {
    "EXACT": "A rerun from a clean clone gave every output with the committed bytes.",
    "WITHIN TOLERANCE": "A rerun from a clean clone gave outputs as close as the project declares.",
    "FAIL": "A rerun from a clean clone gave other outputs, or broke a rule that results may depend on.",
    "INCONCLUSIVE": "Undecided: something that the rerun needs, or is compared with, could not be fetched.",
}
# What a proof did not keep from stages, by its method; bubblewrap keeps all of it off.
NOT_HELD = {
    "namespace": "files of this machine outside of the project were not kept off, which bubblewrap would do",
    "seccomp": "the internet was kept off, and files of this machine were not kept off",
    "none": "nothing here could keep the network and files of this machine off",
}
COLOURS: dict[Verdict, str] = {
    "EXACT": "#2e7d32",
    "WITHIN TOLERANCE": "#558b2f",
    "FAIL": "#c62828",
    "INCONCLUSIVE": "#b26a00",
}


def headline(proof: Proof, remarks: list[str]) -> str:
    """The verdict in one line: why it fails or is undecided, and what sets it apart from a full proof."""
    modified, causes = proof.judge.modified, proof.causes
    by = f", by a modified judge ({', '.join(modified[:3])})" if modified else ""
    if not modified and not proof.judge.as_installed:
        remarks = [*remarks, "by a judge that runs from source"]
    if proof.judge.of_project is False:
        remarks = [*remarks, "by another judge than the one in requirements/"]
    if weaker := NOT_HELD.get(proof.network.method):
        remarks = list(dict.fromkeys([*remarks, weaker]))
    same = sum(out.verdict == "EXACT" for out in proof.outputs)
    outputs = f"{same} of {len(proof.outputs)} outputs are the committed bytes"
    parts = [outputs if proof.outputs else "no stage was run"]
    if proof.claims and proof.outputs:
        states = [claim.state for claim in proof.claims if claim.state != "aside"]
        open_claims = states.count("open")
        if checked := len(states) - open_claims:
            parts.append(f"{states.count('held')} of {checked} claims hold")
        if open_claims:
            parts.append(f"{open_claims} claim{'s' * (open_claims > 1)} open")
        if not states:
            parts.append("no claim is about these results")
    if proof.verdict == "INCONCLUSIVE" and (proof.reasons or causes):
        parts = [proof.reasons[0] if proof.reasons else f"{causes[0].stage}: {causes[0].says} ({causes[0].detail})"]
    elif causes:
        parts.insert(0, f"{causes[0].stage}: {causes[0].says}")
    return f"{proof.verdict}{by}: {'; '.join(parts)}" + (f" ({'; '.join(remarks)})" if remarks else "")


def render(name: str, proof: Proof) -> str:
    """A page of a proof, by the name of its template."""
    return str(_pages().get_template(name).render(proof=proof, colour=COLOURS[proof.verdict], meanings=MEANINGS))


@functools.cache
def _pages() -> Any:
    """The templates, each of which is compiled once."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(["html", "svg"]),
    )


def write(proof: Proof, folder: Path) -> None:
    """Write proof.json, .md, .html and .svg into a folder, each beside and renamed into place."""
    contents = {"proof.json": as_json(proof)} | {name: render(name, proof) for name in PAGES}
    folder.mkdir(exist_ok=True)
    for name, text in contents.items():
        write_file(folder / name, text)


def as_json(proof: Proof) -> str:
    """A proof for programs."""
    return proof.model_dump_json(indent=2) + "\n"


def write_file(path: Path, text: str) -> None:
    """Write a file beside its place, and rename it into that."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def side_by_side(proofs: Sequence[Proof]) -> tuple[list[str], bool]:
    """Lines that say how proofs of one commit agree, and whether all cover the same files and succeeded."""
    same = len({(proof.bound.tree, *proof.bound.dvc_lock.items()) for proof in proofs}) == 1
    proven = all(proof.verdict in ("EXACT", "WITHIN TOLERANCE") for proof in proofs)
    lines = []
    for proof in proofs:
        of = f"commit {proof.bound.commit[:12]}, {proof.made}"
        lines.append(f"  {proof.verdict:17} {proof.machine.id}  {proof.machine.cpu_class:32} {of}")
    hashes = [{out.path: out.found for out in proof.outputs} for proof in proofs]
    differing = [path for path in hashes[0] if len({of_proof.get(path) for of_proof in hashes}) > 1]
    lines += [f"  other bytes elsewhere: {path}" for path in differing]
    machines = len({proof.machine.id for proof in proofs})
    classes = len({proof.machine.cpu_class for proof in proofs})
    counted = f"{machines} machine{'s' * (machines > 1)}, {classes} CPU class{'es' * (classes > 1)}"
    agree = "the same files" if same else "NOT the same files"
    how = f"each proven by itself, {len(differing)} outputs with other bytes" if differing else "all proven"
    lines.append(f"{counted}: {agree}, {how if proven else 'NOT all proven'}")
    return lines, same and proven
