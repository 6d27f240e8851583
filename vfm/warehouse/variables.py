"""The variables of the method: what each may be is declared in a seed, and anything else is refused."""

from __future__ import annotations

import argparse
import csv
import datetime
import difflib
import math
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from vfm.warehouse import build_folder
from vfm.warehouse.paths import PROJECT
from vfm.warehouse.yaml_files import read_yaml

CLASSIFICATIONS = PROJECT / "seeds/classifications"
DECLARATIONS = CLASSIFICATIONS / "method_variables.csv"
SEE = "See docs/bad_input.md#variables."
NAME = build_folder.STUDY

#: Variables of which the first may not lie above the second, and why.
IN_ORDER = {
    ("first_permit_year", "last_permit_year"): "no year lies between them",
    ("minimum_age_years", "maximum_age_years"): "nobody is of an age between them",
    ("success_weeks", "window_weeks"): "a success is no longer than the programme window",
    ("health_weeks", "window_weeks"): "health is measured within the programme window",
    ("first_expenditure_year", "last_expenditure_year"): "no year lies between them",
    ("disclosure_limit", "minimum_persons"): (
        "the cost-need tables tell of municipalities with more than minimum_persons persons"
    ),
}


@dataclass(frozen=True)
class Variable:
    """The declaration of one variable."""

    name: str
    type: str
    minimum: float
    maximum: float
    unit: str
    choices: tuple[str, ...]
    source: str  # of the choices, where a seed holds them
    words: tuple[str, ...] = ()  # the choices that stand in the declaration itself

    def wanted(self) -> str:
        """Say which values the variable may have, after "give"."""
        counted = f" of {self.unit}" if self.unit.split(" ")[0].endswith("s") else ""
        bounds = f"{counted} from {self.minimum:g} to {self.maximum:.10g}"
        if self.choices:
            if not self.source:
                return " or ".join(self.choices)
            wanted = f"{'a list' if self.type == 'list' else 'one'} of the values of {self.source}"
            wanted = wanted if self.type == "integer" else f"{wanted}, in quotation marks"
            own = "".join(f", or {word}" for word in self.words if word)
            return wanted + own + (", or an empty one" if "" in self.choices else "")
        return {
            "integer": f"a whole number{bounds}",
            "number": f"a number{bounds}",
            "boolean": "true or false",
            "date": 'a Monday, such as "2016-08-22"',
            "day": 'a day, such as "2019-03-01"',
            "name": "a name of lower-case letters, digits, _ and -, such as kora_2017",
        }[self.type]

    def allows(self, value: object) -> bool:
        """Whether a value has the type and lies in the range."""
        if self.type == "list":
            return isinstance(value, list) and bool(value) and all(each in self.choices for each in value)
        if self.type == "boolean":
            return isinstance(value, bool)
        if self.type == "choice":
            return value in self.choices
        if self.type == "date":
            return is_monday(value)
        if self.type == "day":
            return is_day(value)
        if self.type == "name":
            return isinstance(value, str) and bool(NAME.fullmatch(value))
        kinds = int if self.type == "integer" else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            return False
        return str(value) in self.choices if self.choices else self.minimum <= value <= self.maximum


def is_day(value: object) -> bool:
    """Whether a value is a date; YAML reads one without quotation marks as a date."""
    try:
        datetime.date.fromisoformat(str(value))
    except ValueError:
        return False
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)))


def is_monday(value: object) -> bool:
    """Whether a value is the date of a Monday."""
    return is_day(value) and datetime.date.fromisoformat(str(value)).weekday() == 0


def declared() -> dict[str, Variable]:
    """Read the declarations of seeds/classifications/method_variables.csv, by name."""
    with open(DECLARATIONS, encoding="utf-8-sig", newline="") as stream:
        return {row["name"]: declaration(row) for row in csv.DictReader(stream)}


def declaration(row: dict[str, str]) -> Variable:
    """Make a declaration of one row of the seed."""
    choices, words, source = [], [], ""
    for word in row["choices"].split():
        table, _, column = word.partition(".")
        if column:
            source = f"{column} in seeds/classifications/{table}.csv"
            with open(CLASSIFICATIONS / f"{table}.csv", encoding="utf-8-sig", newline="") as stream:
                choices += dict.fromkeys(each[column] for each in csv.DictReader(stream) if each[column])
        else:
            words.append("" if word == "empty" else word)
    return Variable(
        name=row["name"],
        type=row["type"],
        minimum=float(row["minimum"] or -math.inf),
        maximum=float(row["maximum"] or math.inf),
        unit=row["unit"],
        choices=(*words, *choices),
        source=source,
        words=tuple(words),
    )


def of_project(folder: Path) -> dict[str, object]:
    """Return the variables of a project's dbt_project.yml, with their values."""
    return read_yaml(folder / "dbt_project.yml").get("vars") or {}


def read(text: str) -> dict[str, object]:
    """Read the values that a command line gives with --vars, as dbt does.

    Raises
    ------
    argparse.ArgumentTypeError
        If the text is no YAML of names and values.
    """
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        values = None
    if not isinstance(values, dict):
        raise argparse.ArgumentTypeError(
            f"give names and values, as in '{{window_weeks: 104}}', not '{text}'"
        )
    return values


def refusals(values: dict[str, object]) -> list[str]:
    """Say what is wrong with the values of variables, a sentence each.

    Parameters
    ----------
    values : dict
        The value of every variable that is set.

    Returns
    -------
    list of str
        Empty where every value is as declared. Relations between variables are judged once each of the two
        is right by itself.
    """
    known, sentences = declared(), []
    for name, value in values.items():
        if name not in known:
            sentences.append(unknown(name, known))
        elif not known[name].allows(value):
            sentences.append(f"variable {name} is {shown(value)}: give {known[name].wanted()}. {SEE}")
    right = {name for name in values if name in known and known[name].allows(values[name])}
    for (low, high), reason in IN_ORDER.items():
        if {low, high} <= right and values[low] > values[high]:
            sentences.append(
                f"variable {low} is {values[low]} and {high} is {values[high]}: {reason}, so raise {high} to "
                f"{values[low]} or lower {low}. {SEE}"
            )
    return sentences


def unknown(name: str, known: dict[str, Variable]) -> str:
    """Say that a variable is not known, and which one is probably meant."""
    near = difflib.get_close_matches(str(name), known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"variable {name} is not known: {meant}dbt_project.yml lists them. {SEE}"


def shown(value: object) -> str:
    """Write a value as a person would in YAML."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) else str(value)
