"""Make a mutation, check it, and see what it changes."""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from vfm.registers import check
from vfm.registers.contract import read_contract
from vfm.synthetic.verify.mutations.catalogue import SCORED, Mutation
from vfm.synthetic.verify.mutations.inputs import Changed, Inputs
from vfm.synthetic.verify.worlds import SimulatedDelivery
from vfm.warehouse.sql_text import literal

#: What a mutation comes to. `crashed`: the check itself failed, which helps nobody.
VERDICTS = ("refused", "warned", "harmless", "accepted", "crashed")
CAUGHT = ("refused", "warned")
#: A mutation counts where it changes so much of the spells or municipality-years.
ENOUGH = 0.01


@dataclass(frozen=True)
class Judgement:
    """What came of a mutation.

    Attributes
    ----------
    mutation : Mutation
    answer : str
        Of the check: refused, warned or crashed; empty where it says nothing.
    said : str
        The first sentence of it.
    changed : Changed
    """

    mutation: Mutation
    answer: str
    said: str
    changed: Changed

    @property
    def verdict(self) -> str:
        """One of VERDICTS."""
        return self.answer or ("accepted" if self.changed.largest else "harmless")

    @property
    def is_scored(self) -> bool:
        """Whether the score counts it: no single cell, and enough of the inputs changes."""
        return self.mutation.level in SCORED and self.changed.largest >= ENOUGH

    @property
    def is_caught(self) -> bool:
        """Whether the check refuses it or warns of it."""
        return self.verdict in CAUGHT


def kind_of(line: check.Line) -> tuple[str, str, str]:
    """Return register, level and sentence without numbers and examples."""
    sentence = re.sub(r"(years with (?:rows|codes)): .*", r"\1", line.sentence)
    sentence = re.sub(r" \(for example [^)]*\)", "", sentence)
    return line.register, line.level, re.sub(r"\d[\d.,]*", "", sentence)


class Bench:
    """A world that mutations are made of, one after the other.

    Parameters
    ----------
    world, other : SimulatedDelivery
        The one that is changed, and one of other persons.
    work : Path
        A folder of this bench alone, for the changed delivery.
    """

    def __init__(self, world: SimulatedDelivery, other: SimulatedDelivery, work: Path) -> None:
        self.world, self.work = world, work
        self.con = duckdb.connect(config={"threads": 1})
        self.con.execute("create schema other")
        for name in read_contract():
            for schema, place in (("main", world), ("other", other)):
                files = literal(place.registers / name / "*.parquet")
                self.con.execute(f"create table {schema}.{name} as from read_parquet({files})")
        self.inputs = Inputs(world.registers, world.statbank)
        self.usual = {kind_of(line) for line in check.check(world.registers) if line.level != "ok"}

    def judge(self, mutation: Mutation, changed: Changed | None = None) -> Judgement:
        """Return what comes of a mutation; `changed` where that is known already."""
        self.write(mutation)
        answer, said = self._check()
        if changed is None:
            changed = self.inputs.compare(self.work, [register for register, _ in mutation.files])
        return Judgement(mutation, answer, said, changed)

    def write(self, mutation: Mutation) -> None:
        """Write the changed delivery; files that are as before are links."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        changed = dict(mutation.files)
        for place in sorted(self.world.registers.iterdir()):
            if place.name not in changed:
                os.symlink(place.resolve(), self.work / place.name, target_is_directory=place.is_dir())
        for register, queries in changed.items():
            (self.work / register).mkdir()
            for number, query in enumerate(queries):
                file = literal(self.work / register / f"{register}_{number:02}.parquet")
                self.con.execute(f"copy ({query}) to {file} (format parquet)")

    def _check(self):
        try:
            lines = check.check(self.work)
        except Exception as problem:  # noqa: BLE001  whatever it is, the check must not end so
            return "crashed", f"{type(problem).__name__}: {str(problem).strip().splitlines()[0]}"
        for level, answer in (("error", "refused"), ("warning", "warned")):
            new = [line for line in lines if line.level == level and kind_of(line) not in self.usual]
            if new:
                return answer, new[0].sentence
        return "", ""


def score(judgements: Iterable[Judgement]) -> tuple[int, int]:
    """Return how many of those that count are caught, and how many count."""
    scored = [each for each in judgements if each.is_scored]
    return sum(each.is_caught for each in scored), len(scored)
