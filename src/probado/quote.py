"""probado quote: the numbers of claims.yaml in texts, so that a paper cannot say another one."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import yaml

from probado.errors import Refused
from probado.evidence.claim import Claim
from probado.prove.claims import CLAIMS, applies, holds, number_at, read_claims

# In Markdown and HTML: <!-- claim accuracy -->0.988<!-- /claim -->, or <!-- claim accuracy .1% -->98.8%<!-- /claim -->.
MARK = re.compile(r"(<!-- *claim +(\S+)(?: +(\S+))? *-->)(.*?)(<!-- */claim *-->)", re.DOTALL)
MACROS = r"""% Written by probado quote from claims.yaml.
% \claim{name} gives a number, \claimpercent{name} a hundred times it, \claimtext{name} the sentence.
\makeatletter
\newcommand{\claim@of}[2]{\ifcsname claim@#1@#2\endcsname\csname claim@#1@#2\endcsname\else
  \errmessage{claims.yaml has no claim #2}\fi}
\newcommand{\claim}[1]{\claim@of{value}{#1}}
\newcommand{\claimpercent}[1]{\claim@of{percent}{#1}}
\newcommand{\claimtext}[1]{\claim@of{text}{#1}}
"""
SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
SPECIAL |= {sign: f"\\{sign}" for sign in "&%$#_{}"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = "In Markdown and HTML a number stands between <!-- claim NAME [FORMAT] --> and <!-- /claim -->."
    files = "claims.tex: macros for LaTeX, written anew; others: texts whose numbers are replaced; -: a text to filter"
    parser.add_argument("files", nargs="+", metavar="FILE", help=files)
    parser.add_argument("--project", default=".", help="where claims.yaml is (default: here)")
    parser.add_argument("--check", action="store_true", help="write nothing; say whether a file would change")


def run(options: argparse.Namespace) -> int:
    """Quote; returns 0, 1 where a file would change (--check), 2 where a claim is not what its output says."""
    try:
        numbers = _numbers(Path(options.project))
        changed = [name for name in options.files if _quote(name, numbers, options.check)]
    except (Refused, OSError, UnicodeDecodeError) as error:
        print(f"probado quote: {error}", file=sys.stderr)
        return 2
    if options.check and changed:
        print(f"probado quote: {', '.join(changed)}: other numbers than claims.yaml: probado quote", file=sys.stderr)
        return 1
    return 0


def _numbers(root: Path) -> dict[str, tuple[Claim, str]]:
    """The claims about the project as it is, by id, each with its number as claims.yaml writes it.

    Raises:
        Refused: there are none, or one does not hold in the outputs that are here.
    """
    claims = read_claims(root)
    if not claims:
        raise Refused(f"there is no claim in {root / CLAIMS}")
    # Without conversion: 0.980 keeps its digits.
    written = yaml.load((root / CLAIMS).read_text(encoding="utf-8"), yaml.BaseLoader)["claims"]  # noqa: S506
    for claim in (claim for claim in claims if applies(claim, root)):
        try:
            value = number_at(claim, root)
        except ValueError as error:
            raise Refused(f"claim {claim.id}: {error}: dvc repro, or dvc checkout") from error
        if not holds(claim, value):
            claimed = f"claimed {claim.value:g} ± {claim.tolerance:g}"
            raise Refused(f"claim {claim.id}: {claimed}, and the output has {value:g}")
    return {
        claim.id: (claim, text["value"]) for claim, text in zip(claims, written, strict=True) if applies(claim, root)
    }


def _quote(name: str, numbers: dict[str, tuple[Claim, str]], check: bool) -> bool:
    """Write the numbers into one file, unless they are only checked; returns whether it has others."""
    if name == "-":
        sys.stdout.write(_replaced(sys.stdin.read(), numbers, "standard input"))
        return False
    path = Path(name)
    macros = path.suffix == ".tex"
    before = path.read_text(encoding="utf-8") if path.is_file() or not macros else ""
    after = _macros(numbers) if macros else _replaced(before, numbers, name)
    if after != before and not check:
        path.write_text(after, encoding="utf-8")
    return after != before


def _replaced(text: str, numbers: dict[str, tuple[Claim, str]], name: str) -> str:
    def number(found: re.Match[str]) -> str:
        begin, identity, form, _, end = found.groups()
        if identity not in numbers:
            raise Refused(f"{name}: there is no claim {identity}; there are {', '.join(numbers)}")
        claim, written = numbers[identity]
        try:
            return f"{begin}{format(claim.value, form) if form else written}{end}"
        except ValueError as error:
            raise Refused(f"{name}: {form} is no format of Python, such as .2f or .1%") from error

    return MARK.sub(number, text)


def _macros(numbers: dict[str, tuple[Claim, str]]) -> str:
    lines = []
    for identity, (claim, written) in numbers.items():
        text = "".join(SPECIAL.get(sign, sign) for sign in claim.text)
        for kind, value in (("value", written), ("percent", f"{100 * claim.value:.10g}"), ("text", text)):
            lines.append(f"\\expandafter\\def\\csname claim@{kind}@{identity}\\endcsname{{{value}}}")
    return "\n".join([MACROS.rstrip(), *lines, r"\makeatother", ""])
