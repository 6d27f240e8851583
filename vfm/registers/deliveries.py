"""Which files of a delivery are registers, of which period, and which of them count."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath

from vfm.registers.periods import MONTHS, WORDS, Period, last_day, period_of

FORMATS = ("parquet", "csv", "sas7bdat", "dta")
#: Registers of later years, which a delivery need not have.
LATER = ("sygehusbenyttelse_ophold", "lpr_a_kontakt")
# data set -> register; a successor or a quarterly edition is a data set of its own
DATASETS = (
    {
        "vnds_hist": "vnds",
        "vnds_ind": "vnds",
        "vnds_ud": "vnds",
        "ophg_kvartal": "ophg",
    }
    | {
        name: name
        for name in (
            "bef",
            "vnds",
            "flyt",
            "dod",
            "ophg",
            "dream",
            "bfl",
            "lmdb",
            "sssy",
            "lpr_adm",
            "danskudd",
        )
    }
    | {name: name for name in LATER}
)
SUCCESSORS = ("vnds_hist", "vnds_ind", "vnds_ud")
# one file holds the whole history: only the newest version counts
CUMULATIVE = frozenset({"vnds", "vnds_hist", "dod", "dream", "danskudd", "lpr_a_kontakt"})
# registers that the study never reads, with the reason
NEVER = {"sysi": "has neither KONTAKT nor SPEC2, and 2005 is in SSSY too"}

SPELLED = {re.sub("_", "", name): name for name in {*DATASETS, *NEVER}}
LONGEST_FIRST = sorted((name.replace("_", "[ _-]?") for name in SPELLED.values()), key=len, reverse=True)
NAME = re.compile(rf"(?P<dataset>{'|'.join(LONGEST_FIRST)})(?P<rest>[^a-zæøå].*)?")
VERSION = re.compile(r"[\s_.-]?(?<![a-zæøå])v(?:er|ersion)?[\s_.-]?(?P<version>\d{1,3})(?=$|[\s_-])")
PART_OF_NAME = re.compile(r"(?P<before>.*?)[\s_-]*(?P<part>(?:part|del)[_-]?[\da-f-]+|(?<=[_-])\d{1,3})")
KEYED = re.compile(r"(year|aar|år|month|maaned|måned|quarter|kvartal)=(\d{1,4})")
PART = re.compile(r"(part|data|chunk)([-_.].*)?|(?=.*\d)[\da-f_-]+")  # of a folder that bears the name
DATED = re.compile(
    r"(?P<year>20\d\d)(?P<sep>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=sep)(?P<day>0[1-9]|[12]\d|3[01])"
    r"|(?P<year2>20\d\d)[-_.](?P<month2>0[1-9]|1[0-2])"
    rf"|(?P<name>{WORDS})[-_. ]?(?P<year3>20\d\d)"
)


class UnclearNameError(Exception):
    """A name that begins with a register and goes on in a way that is not understood.

    The arguments are the register and the end of a sentence that begins with the file's name.
    """


@dataclass(frozen=True)
class Delivered:
    """A register file as its path describes it."""

    file: str  # path below the delivery folder
    dataset: str
    year: int | None = None
    month: int | None = None
    part: str = ""
    dated: date | None = None  # of the folder it lies in
    version: int = -1
    modified: float = 0.0  # seconds since 1970
    by_week: bool = False  # DREAM of one year, with columns y_01 to y_52

    @property
    def register(self) -> str:
        """The register it belongs to."""
        return DATASETS[self.dataset]

    @property
    def period(self) -> str:
        """Text such as 2015 or 201512, empty without one."""
        return (
            ""
            if self.year is None
            else f"{self.year}{self.month or '':0>2}"
            if self.month
            else str(self.year)
        )

    @property
    def last_day(self) -> date:
        """Last day of the period."""
        return last_day(Period(self.year, self.month))

    @property
    def group(self) -> tuple[str, str, int | None]:
        """The group it competes in: one file of a group counts, or the parts of one folder."""
        if self.by_week or (self.dataset not in CUMULATIVE and self.year is not None):
            return (self.register, self.dataset if self.dataset in SUCCESSORS else "", self.year)
        return (self.register, self.dataset if self.dataset in SUCCESSORS else "", None)

    @property
    def rank(self) -> tuple:
        """The highest of a group is the newest: by period, folder's date, version, file's date."""
        whole_year = self.dataset == "ophg"
        end = (self.year or 0, 13 if whole_year else self.month or 12)
        return (end, self.dated or date.min, self.version, self.modified)

    @property
    def target(self) -> str:
        """Name of the Parquet file it becomes."""
        period = "" if self.year is None else f"_{self.period if self.dataset in CUMULATIVE else self.year}"
        dataset = self.dataset if self.dataset in SUCCESSORS else self.register
        part = f"_{self.part}" if self.part else ""
        return f"{self.register}/{dataset}{period if not self.by_week else ''}{part}.parquet"


def describe(file: str, modified: float = 0.0, version: int = -1) -> Delivered | str:
    """Read a file's path.

    Parameters
    ----------
    file : str
        Path below the delivery folder, with slashes.
    modified : float
        When the file was last changed, seconds since 1970.
    version : int
        Value of its column VERSION where that was looked up.

    Returns
    -------
    Delivered or str
        The reason where the file is no register of the study.

    Raises
    ------
    UnclearNameError
        If it is a register's, and its name or its folders go on in a way that is not understood.
    """
    path = PurePosixPath(file.lower())
    if path.suffix.lstrip(".") not in FORMATS:
        return "not csv, dta, parquet or sas7bdat"
    folders = [folder.removesuffix(".parquet") for folder in path.parts[:-1]]
    said, below = read_name(path.stem), []
    part = said.part if said else ""
    if said is None and PART.fullmatch(path.stem):
        # a folder of parts: bef/part-0.parquet, bef/year=2015/part-0.parquet, bef/2015/data.parquet
        part = path.stem
        place = next((n for n in reversed(range(len(folders))) if read_name(folders[n])), None)
        said, below = (None, []) if place is None else (read_name(folders[place]), folders[place + 1 :])
    if said is None:
        return "not a register of the study"
    if said.dataset in NEVER:
        return f"never used: {NEVER[said.dataset]}"
    period = said.period or period_of_folders(DATASETS[said.dataset], folders, below)
    if said.dataset == "bef" and period and period.month not in (None, 3, 6, 9, 12):
        raise UnclearNameError(
            "bef", f"says {period.year}-{period.month:02}, which is no quarter's end: {rename('bef')}"
        )
    return Delivered(
        file=file,
        dataset=said.dataset,
        year=period.year if period else None,
        month=period.month if period else None,
        part=part,
        dated=next((d for folder in reversed(folders) if (d := folder_date(folder))), None),
        version=version if said.version is None else said.version,
        modified=modified,
    )


@dataclass(frozen=True)
class Said:
    """What a name says."""

    dataset: str
    period: Period | None
    version: int | None
    part: str


def read_name(stem: str) -> Said | None:
    """Read the name of a file or a folder, in lower case and without its ending; None if it is no register's.

    Raises
    ------
    UnclearNameError
        If it is a register's, and goes on with digits that are not understood.
    """
    found = NAME.fullmatch(stem)
    if not found:
        return None
    dataset, rest = SPELLED[re.sub("[ _-]", "", found["dataset"])], found["rest"] or ""
    versions = VERSION.search(rest)
    version = int(versions["version"]) if versions else None
    rest = rest[: versions.start()] + rest[versions.end() :] if versions else rest
    any_day = dataset in CUMULATIVE
    period = period_of(rest, any_day) if not re.fullmatch(r"[\s_.-]+\d{1,3}", rest) else None
    if period or not rest.strip(" _.-"):
        return Said(dataset, period, version, "")
    parts = PART_OF_NAME.fullmatch(rest)
    if parts:
        period = period_of(parts["before"], any_day)
        if period or not parts["before"].strip(" _.-"):
            return Said(dataset, period, version, parts["part"])
    if not re.search(r"\d", rest):
        return None
    register = DATASETS.get(dataset, dataset)
    said = rest.strip(" _.-")
    raise UnclearNameError(register, f"has a name whose {said!r} is not understood: {rename(dataset)}")


def rename(dataset: str) -> str:
    """Say which names are understood."""
    name = dataset.upper()
    return f"call it {name}2015, {name}201503 or {name}2015_part-1, as what it holds"


def period_of_folders(register: str, folders: list[str], below: list[str]) -> Period | None:
    """Period that folders say, such as year=2015 anywhere or, `below` the register's own, 2015 or 2015-03.

    Raises
    ------
    UnclearNameError
        If such a folder has digits that are not understood.
    """
    keyed = dict(found.groups() for folder in folders if (found := KEYED.fullmatch(folder)))
    year = next((keyed[name] for name in ("year", "aar", "år") if name in keyed), None)
    if year and (re.fullmatch(r"(?:19|20)\d\d", year)):
        month = next((int(keyed[name]) for name in ("month", "maaned", "måned") if name in keyed), None)
        quarter = next((3 * int(keyed[name]) for name in ("quarter", "kvartal") if name in keyed), None)
        if (month or quarter or 1) <= 12:
            return Period(int(year), month or quarter)
    plain = [
        folder
        for folder in below
        if re.search(r"\d", folder) and (period_of(folder) or not folder_date(folder))
    ]
    period = period_of("_".join(plain)) if plain else None
    if plain and period is None:
        raise UnclearNameError(
            register, f"lies in {'/'.join(plain)!r}, which is not understood: {rename(register)}"
        )
    if period or not folders:
        return period
    outside = "_".join(folders[-2:]) if re.fullmatch(r"\d\d", folders[-1]) else folders[-1]
    return period_of(outside) if re.fullmatch(r"(?:19|20)\d\d(?:_\d\d)?", outside) else None


def folder_date(name: str) -> date | None:
    """Date in a folder's name (2023-12-01, 20231201, December_2023), the first of the month without a day."""
    found = DATED.search(name.lower())
    if not found:
        return None
    year = found["year"] or found["year2"] or found["year3"]
    month = found["month"] or found["month2"] or MONTHS[found["name"]]
    try:
        return date(int(year), int(month), int(found["day"] or 1))
    except ValueError:  # 31 June
        return None


def misnumbered(files: Iterable[Delivered]) -> list[list[Delivered]]:
    """Parts whose numbers do not run from 0 or 1: is one missing, or is bef_15 a year?

    Returns
    -------
    list of list of Delivered
        The parts of one folder and period, where they are called by numbers alone.
    """
    groups = {}
    for file in files:
        if re.fullmatch(r"\d{1,3}", file.part):
            groups.setdefault((parent(file), file.dataset, file.period, file.version), []).append(file)
    return [
        parts
        for parts in groups.values()
        if sorted({int(file.part) for file in parts})
        not in (list(range(len(parts))), list(range(1, len(parts) + 1)))
    ]


def select(files: list[Delivered]) -> tuple[list[Delivered], dict[Delivered, str], list[str]]:
    """Choose the files that count.

    Parameters
    ----------
    files : iterable of Delivered

    Returns
    -------
    used : list of Delivered
        In the order of their targets.
    left_out : dict
        {Delivered: reason}.
    ambiguous : list of str
        Sentences on files of which no one can say whether they overlap; none of these is used.
    """
    left_out, ambiguous, groups = {}, [], {}
    files = sorted(files, key=lambda file: file.file)
    have_vnds = any(file.dataset == "vnds" for file in files)
    wide_dream = any(file.register == "dream" and not file.by_week for file in files)
    for file in files:
        if file.dataset in SUCCESSORS and have_vnds:
            left_out[file] = "VNDS is there, and its successors repeat it from 2005"
        elif file.dataset == "bef" and file.month not in (None, 12):
            left_out[file] = "a quarter before December; the study reads BEF of 31 December"
        elif file.by_week and wide_dream:
            left_out[file] = "a wide DREAM is there, which holds all years"
        else:
            groups.setdefault(file.group, []).append(file)
    used = []
    for group, members in groups.items():
        newest = max(members, key=lambda file: (file.rank, file.file))
        problem = overlap(group, members, newest, groups)
        if problem:
            ambiguous.append(problem)
            continue
        by_part = {}  # the parts of one folder count together, and of one part the newest
        for file in members:
            if parent(file) == parent(newest) and bool(file.part) == bool(newest.part):
                if file.period == newest.period:
                    by_part[file.part] = max(
                        by_part.get(file.part, file), file, key=lambda f: (f.rank, f.file)
                    )
        used += by_part.values()
        left_out |= {file: f"superseded by {newest.file}" for file in members if file not in by_part.values()}
    return sorted(used, key=lambda file: (file.target, file.file)), left_out, ambiguous


def overlap(
    group: tuple, members: list[Delivered], newest: Delivered, groups: dict[tuple, list[Delivered]]
) -> str | None:
    """Say why it cannot be seen whether the files of a group overlap; None if they do not."""
    register, dataset, year = group
    if year is None and any(other[:2] == (register, dataset) and other[2] for other in groups):
        return (
            f"register {register}: {newest.file} names no year, and other files of the register do. "
            "Whether they overlap cannot be seen: take one kind away"
        )
    as_new = [f for f in members if f.part and f.rank[:3] == newest.rank[:3] and f.period == newest.period]
    folders = sorted({parent(file) for file in as_new})
    if newest.part and len(folders) > 1:
        return (
            f"register {register}: {' and '.join(folders[:3])} hold parts of one period. Whether one folder "
            "replaces the other cannot be seen: put the parts that belong together into one folder"
        )
    if dataset or register in ("ophg", "bef", "dream") or newest.dataset in CUMULATIVE:
        return None
    beside = [file for file in members if file.month and parent(file) == parent(newest)]
    if len({file.month for file in beside}) > 1:
        names = " and ".join(file.file for file in beside)
        return (
            f"register {register}: {names} are of one year. Whether the later one holds the "
            "earlier one's rows cannot be seen: keep one of them, or one file for the whole year"
        )
    return None


def parent(file: Delivered) -> str:
    """Folder of a file."""
    return str(PurePosixPath(file.file).parent)


def with_layout(file: Delivered, columns: Iterable[str]) -> Delivered:
    """Mark a DREAM file of one year by its columns y_01 to y_52."""
    weeks = any(re.fullmatch(r"y_?\d{2}", column, re.IGNORECASE) for column in columns)
    return replace(file, by_week=file.dataset == "dream" and weeks)
