"""Puts what dbt reports about a failed build into sentences for a person."""

import json
import re

from vfm.warehouse import machine, settings
from vfm.warehouse.paths import Paths

FAILED = {"error", "fail", "runtime error", "partial success", "skipped"}
# a message that begins so says why Spark as a whole ended: other failures follow from it
LOST_SPARK = "Spark "
SHOWN_FAILURES = 12  # one for each register and one more
WRAPPER = re.compile(r"^(Compilation|Runtime|Database|Parsing|Dbt\w*|Env\w*) Error( in .*)?$", re.IGNORECASE)
NOISE = re.compile(
    r"^(> in |> called by|compiled code at|LINE \d+:|\^+$|Traceback|Python model failed:|Encountered an)"
)


def failures(paths: Paths, errors: list[tuple[str, str]], plain: list[str]) -> list[str]:
    """Put into sentences what failed.

    Parameters
    ----------
    paths : Paths
    errors : list of (event name, message)
        dbt's log lines of level error.
    plain : list of str
        What dbt's process wrote outside its log.

    Returns
    -------
    list of str
        At least one sentence.
    """
    log = f"The full log is {paths.short(paths.logs)}/dbt.log."
    try:
        results = json.loads((paths.target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError):  # dbt ended before it wrote them, or while it did
        results = []
    failed = [result for result in results if result["status"] in FAILED - {"skipped"}]
    said = [*(result["message"] or "" for result in failed), *(message for _, message in errors), *plain]
    lost = [text for text in map(one_sentence, said) if text.startswith(LOST_SPARK)]
    if lost:
        return [lost[0], log]
    said = [text for text in said if not one_sentence(text).startswith(("register ", "target "))]
    refused = machine.refusal(said, paths.build, paths.short(paths.build), settings.spill(paths.build))
    if refused:
        return [refused, log]
    if not failed:
        said = [message for name, message in errors if name == "MainEncounteredError"]
        said = said or [message for _, message in errors] or ["".join(plain[-1:])]
        return [one_sentence(said[-1]) or "dbt stopped without a word.", log]
    sentences = [describe(result, paths) for result in failed]
    # failures beside a refused register, or a limit that leaves too few rows, follow from it
    for cause in ("register ", "variable "):
        sentences = [sentence for sentence in sentences if sentence.startswith(cause)] or sentences
    if len(sentences) > SHOWN_FAILURES:
        sentences[SHOWN_FAILURES:] = [f"{len(sentences) - SHOWN_FAILURES} more steps failed."]
    return [*sentences, log]


def describe(result: dict, paths: Paths) -> str:
    """Put one failed entry of run_results.json into a sentence."""
    kind, _, name = result["unique_id"].split(".")[:3]
    message = one_sentence(result["message"] or "")
    if message.startswith(("register ", "target ", "variable ")):
        return message
    got = re.match(r"Got (\d+) results?, configured to fail", message)
    if got:
        rows = "1 row breaks it" if got[1] == "1" else f"{got[1]} rows break it"
        return f"test {name}: {rows}; dbt show -s {name} lists them."
    return f"{kind.replace('_', ' ')} {name}: {message}"


def one_sentence(message: str) -> str:
    """Take dbt's and Python's wrapping off an error message."""
    message = re.sub(r"\x1b\[[0-9;]*m", "", message)
    if "Traceback (most recent call last)" in message:
        after = re.split(r"\n\s*File \"[^\n]*\n", message)[-1].splitlines()
        lines = [
            line for line in after if re.match(r"\s*[\w.]+(Error|Exception|Warning|Interrupt)\b", line)
        ] or after
        message = re.sub(r"^[\w.]+?(?:Value)?Error: (?=\w+ \w+)", "", "\n".join(lines[-1:]).strip())
    lines = [line.strip() for line in message.splitlines()]
    kept = [line for line in lines if line and not WRAPPER.match(line) and not NOISE.match(line)]
    return re.sub(r"^Invalid Input Error: (?=(register|variable) )", "", " ".join(kept))
