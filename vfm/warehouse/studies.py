"""Studies: a file of studies/ says all that a study decides, and every command follows the one in force.

The study in force is $VFM_STUDY, which make sets from STUDY, or kora_2017, the report's. The variables of
kora_2017 are those of dbt_project.yml and stand nowhere else, so that plain dbt builds it; its file adds
words. The variables of any other study stand in its file alone, and reach dbt by --vars (docs/studies.md).
"""

import datetime
import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vfm.warehouse import machine, variables
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, study_name

SEE = "See docs/bad_input.md#study."
#: The keys of a study file, with what each holds.
KEYS = {
    "title_da": "a title in Danish",
    "title_en": "a title in English",
    "description": "who and what the study is about",
    "compare_with_print": "true or false",
    "variables": "names and values of dbt variables",
}
#: What a study other than the report's must say itself: a default would be the report's choice.
DECIDED = (
    "first_permit_year",
    "last_permit_year",
    "further_grounds",
    "country_grouping",
    "data_end_week",
    "dream_version",
    "follow_up_ends_weeks_before_data",
    "window_weeks",
    "igu_counts",
    "programme_years",
    "programme_rule",
    "lpr3_from",
    "visit_from_year",
    "first_expenditure_year",
    "last_expenditure_year",
    "price_year",
    "price_index",
    "supplementary_groupings",
    "outlier_municipality",
    "minimum_spells",
    "minimum_persons",
)
#: Variables that are said by the keys of the file.
BY_KEY = ("study", "compare_with_print")


@dataclass(frozen=True)
class Study:
    """What a study file says; `variables` are those given to dbt, with what the file's keys say."""

    name: str
    title_da: str
    title_en: str
    description: str
    compare_with_print: bool
    variables: dict[str, Any]


def names(folder: Path = PROJECT) -> list[str]:
    """List the studies that there are, kora_2017 first."""
    found = sorted(path.stem for path in (folder / "studies").glob("*.yml"))
    return sorted(found, key=lambda name: name != DEFAULT_STUDY)


def read_study(name: str, folder: Path = PROJECT) -> Study:
    """Read and check the file of a study.

    Parameters
    ----------
    name : str
        studies/<name>.yml.
    folder : Path
        The project's root.

    Raises
    ------
    machine.BuildError
        One sentence for each mistake in it.
    """
    said = _contents(name, folder)
    mistakes = list(_mistakes(name, said, folder))
    if mistakes:
        raise machine.BuildError(*mistakes)
    by_key = {"study": name, "compare_with_print": said["compare_with_print"]}
    own = {} if name == DEFAULT_STUDY else by_key | said["variables"]
    return Study(name=name, **(said | {"variables": own}))


def given(folder: Path = PROJECT) -> dict[str, Any]:
    """Return what the study in force gives to dbt; nothing for kora_2017. Errors as `read_study`."""
    name = study_name()
    return {} if name == DEFAULT_STUDY else read_study(name, folder).variables


def in_force(folder: Path = PROJECT) -> dict[str, Any]:
    """Return every variable with the value of the study in force. Errors as `read_study`."""
    return variables.of_project(folder) | given(folder)


def with_variables(choice: Sequence[str], folder: Path = PROJECT) -> list[str]:
    """Add the variables of the study in force to dbt's command and options.

    Parameters
    ----------
    choice : sequence of str
        Its own --vars, as JSON or YAML, goes before the study's.
    folder : Path
        The project's root.

    Returns
    -------
    list of str
        The same where nothing is to be added. Errors as `read_study`.
    """
    choice, own = list(choice), given(folder)
    if not own:
        return choice
    if "--vars" in choice:
        place = choice.index("--vars") + 1
        own = own | (yaml.safe_load(choice[place]) or {})
        return [*choice[:place], json.dumps(own), *choice[place + 1 :]]
    return [*choice, "--vars", json.dumps(own)]


def row() -> dict[str, object]:
    """Return the row of meta.study. Errors as `read_study`."""
    study = read_study(study_name())
    return {
        "study": study.name,
        "title_da": study.title_da,
        "title_en": study.title_en,
        "description": " ".join(study.description.split()),
        "compare_with_print": study.compare_with_print,
    }


def _contents(name, folder):
    path, shown = folder / f"studies/{name}.yml", f"studies/{name}.yml"
    known = names(folder)
    if not variables.NAME.fullmatch(name) or name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise machine.BuildError(
            f"study {name} is not known: {meant}studies/ has {', '.join(known) or 'none'}. {SEE}"
        )
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise machine.BuildError(
            f"{shown} is no YAML{where}: keys and values, as in {DEFAULT_STUDY}.yml. {SEE}"
        ) from None
    if not isinstance(said, dict):
        raise machine.BuildError(f"{shown} has no keys: give {', '.join(KEYS)}. {SEE}")
    return said


def _mistakes(name: str, said: dict, folder: Path) -> Iterator[str]:
    """Say what is wrong with the contents of a study file, a sentence each."""
    shown = f"studies/{name}.yml"
    for key in said:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            yield f"{shown} has an unknown key {key}: {meant}A study has {', '.join(KEYS)}. {SEE}"
    for key, what in KEYS.items():
        if key not in said:
            yield f"{shown} has no {key}: give {what}. {SEE}"
        elif not isinstance(said[key], _KINDS.get(key, str)) or said[key] == "":
            yield f"{shown}: {key} is {variables.shown(said[key])}: give {what}. {SEE}"
    if said.get("compare_with_print") is True and name != DEFAULT_STUDY:
        yield (
            f"{shown}: compare_with_print is true, but the printed tables are of the years of "
            f"{DEFAULT_STUDY} alone: give false. {SEE}"
        )
    own = said.get("variables")
    if isinstance(own, dict):
        yield from _mistaken_variables(name, own, folder)


_KINDS = {"compare_with_print": bool, "variables": dict}


def _mistaken_variables(name, own, folder):
    shown = f"studies/{name}.yml"
    if name == DEFAULT_STUDY:
        if own:
            yield (
                f"{shown} gives {', '.join(map(str, own))}: the variables of {DEFAULT_STUDY} stand in "
                f"dbt_project.yml, so change them there and leave variables: {{}} here. {SEE}"
            )
        return
    for key in BY_KEY:
        if key in own:
            yield f"{shown} gives the variable {key}, which follows from the file: take it out. {SEE}"
    for variable in DECIDED:
        if variable not in own:
            yield f"{shown} does not say {variable}, which every study decides for itself: add it. {SEE}"
    values = {key: value for key, value in own.items() if key not in BY_KEY}
    known = variables.of_project(folder)
    refused = variables.refusals(known | values)
    yield from (f"{shown}: {sentence}" for sentence in refused)
    if not refused and set(DECIDED) <= set(own):
        yield from (f"{shown}: {sentence}" for sentence in _years_without_data(values))


def _years_without_data(values):
    end = datetime.date.fromisoformat(str(values["data_end_week"]))
    first, last = values["first_permit_year"], values["last_permit_year"]
    if last > end.year:
        yield (
            f"last_permit_year is {last} and the data end in the week of {end}: no permit of {last} "
            f"is followed, so lower last_permit_year to {end.year} or give the data's end. {SEE}"
        )
    version = values["dream_version"]
    if not 1 <= version % 100 <= 12 or version < 100 * end.year + end.month:
        yield (
            f"dream_version is {version} and the data end in the week of {end}: give the year and month of "
            f"the version that holds that week, {100 * end.year + end.month} or later. {SEE}"
        )
    followed = (end - datetime.date(first, 1, 1)).days // 7 + 1
    if values["window_weeks"] > followed:
        yield (
            f"window_weeks is {values['window_weeks']} and the data end in the week of {end}: permits from "
            f"{first} on are followed for {max(followed, 0)} weeks at most, so no window is seen whole. "
            f"Lower window_weeks or first_permit_year. {SEE}"
        )
