"""What came of the mutations: a table for programs, docs/mutations.md, and the score in a line."""

import csv
import fnmatch
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from vfm.pages.writing import markdown_table
from vfm.synthetic.verify.mutations.catalogue import LEVELS, SCORED, catalogue
from vfm.synthetic.verify.mutations.judging import ENOUGH, VERDICTS, Judgement, score

REASONS = Path(__file__).with_name("reasons.yml")
NO_REASON = "no reason yet"
TARGET = 0.97
BEGIN = "<!-- made by make mutations: from here -->"
END = "<!-- to here -->"
COLUMNS = (
    "name",
    "level",
    "register",
    "column",
    "kind",
    "verdict",
    "spells_changed",
    "municipality_years_changed",
    "is_scored",
    "says",
    "check_says",
    "sql_stops",
    "reason",
)


@cache
def reasons() -> dict[str, str]:
    """Return why mutations may be accepted: {pattern of names: reason}."""
    return yaml.safe_load(REASONS.read_text(encoding="utf-8")) or {}


def reason_for(name: str) -> str:
    """Return why a mutation may be accepted."""
    return next((why for each, why in reasons().items() if fnmatch.fnmatchcase(name, each)), NO_REASON)


def write_table(file: Path, judgements: Iterable[Judgement]) -> None:
    """Write one row per mutation as CSV: those first that count and are not caught, largest change first."""
    judgements = list(judgements)
    missed = accepted(judgements)
    others = sorted((each for each in judgements if each not in missed), key=_by_change)
    new = file.with_suffix(".new")
    with new.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(_row(each) for each in missed + others)
    new.replace(file)


def _by_change(judgement):
    return -judgement.changed.largest, judgement.mutation.name


def _row(judgement):
    mutation, changed = judgement.mutation, judgement.changed
    return (
        mutation.name,
        mutation.level,
        mutation.register,
        mutation.column,
        mutation.kind,
        judgement.verdict,
        f"{changed.spells:.4f}",
        f"{changed.municipality_years:.4f}",
        judgement.is_scored,
        mutation.sentence,
        judgement.said,
        changed.why,
        "" if judgement.is_caught else reason_for(mutation.name),
    )


def accepted(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return the mutations that count and that the check does not see, with the largest change first."""
    return sorted((each for each in judgements if each.is_scored and not each.is_caught), key=_by_change)


def accepted_lines(judgements: Iterable[Judgement], is_held_out: bool) -> list[str]:
    """Return a line for each accepted mutation that counts, of those held out or of the others."""
    listed = accepted(each for each in judgements if each.mutation.is_held_out == is_held_out)
    return [
        f"{each.verdict} {100 * each.changed.spells:5.1f} % of spells, "
        f"{100 * each.changed.municipality_years:5.1f} % of municipality-years  {each.mutation.name}"
        for each in listed
    ]


def share(judgements: Iterable[Judgement]) -> str:
    """Return the score as text: caught of counted, and percent."""
    caught, counted = score(judgements)
    return f"{caught} of {counted} ({100 * caught / counted:.1f} %)" if counted else "none"


def last_line(judgements: list[Judgement]) -> str:
    """Return the last line of the command."""
    held_out = [each for each in judgements if each.mutation.is_held_out]
    shown = [each for each in judgements if not each.mutation.is_held_out]
    parts = [f"refused or warned of {share(shown)}"] if shown else []
    parts += [f"held out {share(held_out)}"] if held_out else []
    return (
        f"Of the mutations that change {100 * ENOUGH:.0f} % of the inputs: {'; '.join(parts)}. "
        f"Target {100 * TARGET:.0f} %."
    )


def write_results(page: Path, judgements: list[Judgement]) -> None:
    """Write the results between the two marks of the page."""
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n\n{markdown(judgements)}\n\n{END}{tail}", encoding="utf-8")


def markdown(judgements: list[Judgement]) -> str:
    """Return scores and lists as Markdown.

    Parameters
    ----------
    judgements : list of Judgement
        Held-out ones are counted and not listed.
    """
    shown = [each for each in judgements if not each.mutation.is_held_out]
    registers = list(dict.fromkeys(each.register for each in catalogue()))
    cells = [each for each in shown if each.mutation.level not in SCORED and not each.is_caught]
    cells = sorted((each for each in cells if each.changed.largest), key=_by_change)
    false = [each for each in judgements if each.is_caught and not each.changed.largest]
    return "\n\n".join(
        [
            last_line(judgements),
            "## By level",
            _scores(judgements, "level", LEVELS),
            "## By register\n\nWithout single cells. `all`: the delivery as a whole.",
            _scores([each for each in judgements if each.mutation.level in SCORED], "register", registers),
            f"{len(false)} mutations are refused or warned of though they change nothing in the inputs.",
            "## Accepted though results change",
            _listed(accepted(shown)),
            "## Single cells that are accepted\n\nEach is plausible by itself, and none is scored.",
            _listed(cells),
        ]
    )


def _scores(judgements, what, order):
    rows = []
    for name in [*order, "together"]:
        found = [each for each in judgements if name in ("together", getattr(each.mutation, what))]
        if found:
            verdicts = Counter(each.verdict for each in found)
            shown = [each for each in found if not each.mutation.is_held_out]
            held_out = [each for each in found if each.mutation.is_held_out]
            counts = [verdicts[verdict] for verdict in VERDICTS]
            rows.append([name, len(found), *counts, share(shown), share(held_out)])
    heads = [what, "mutations", *VERDICTS, "score", "score of those held out"]
    return markdown_table(heads, rows, right=heads[1:])


def _listed(judgements):
    if not judgements:
        return "None."
    rows = [
        [
            f"`{each.mutation.name}`",
            each.mutation.says + (f" ({each.verdict})" if each.verdict == "crashed" else ""),
            "the SQL stops" if each.changed.why else f"{100 * each.changed.spells:.2f} %",
            "" if each.changed.why else f"{100 * each.changed.municipality_years:.1f} %",
            reason_for(each.mutation.name),
        ]
        for each in judgements
    ]
    heads = ["mutation", "what it changes", "spells", "municipality-years", "reason"]
    return markdown_table(heads, rows, right=heads[2:4])
