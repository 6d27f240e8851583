"""The last line of make test: what was skipped and why, from pytest's report build/tests.xml."""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree


def closing_line(report: Path) -> str:
    """Read pytest's JUnit report of a run in which nothing failed; return what to say last."""
    reasons = Counter(skipped.get("message") for skipped in ElementTree.parse(report).iter("skipped"))
    if not reasons:
        return "All tests passed."
    said = "; ".join(f"{count} because: {reason}" for reason, count in reasons.most_common())
    return f"The tests that ran passed, {reasons.total()} were skipped: {said}."


if __name__ == "__main__":
    print(closing_line(Path(sys.argv[1])))
