"""Which files of a delivery are registers, of which period, and which of them count."""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath

FORMATS = ("parquet", "csv", "sas7bdat", "dta")
# data set -> register; a successor or a quarterly edition is a data set of its own
DATASETS = {
    "vnds_hist": "vnds",
    "vnds_ind": "vnds",
    "vnds_ud": "vnds",
    "ophg_kvartal": "ophg",
} | {
    name: name
    for name in ("bef", "vnds", "flyt", "dod", "ophg", "dream", "bfl", "lmdb", "sssy", "lpr_adm", "danskudd")
}
SUCCESSORS = ("vnds_hist", "vnds_ind", "vnds_ud")
# one file holds the whole history: only the newest version counts
CUMULATIVE = frozenset({"vnds", "vnds_hist", "dod", "dream", "danskudd"})
# registers that the study never reads, with the reason
NEVER = {"sysi": "has neither KONTAKT nor SPEC2, and 2005 is in SSSY too"}

PERIOD = r"(?P<year>(?:19|20)\d\d)(?:(?P<month>0[1-9]|1[0-2])|[kq](?P<quarter>[1-4]))?"
NAME = re.compile(
    rf"(?P<dataset>{'|'.join(sorted({*DATASETS, *NEVER}, key=len, reverse=True))})"
    rf"(?:[_-]?{PERIOD})?(?:[_-]?v(?P<version>\d{{1,3}}))?(?:[_-](?P<part>part[_-]?[\da-f-]+|\d{{1,3}}))?"
)
PART = re.compile(r"(part|data|chunk)([-_.].*)?|(?=.*\d)[\da-f_-]+")  # of a folder that bears the name
MONTHS = {
    name: number
    for number, names in enumerate("jan feb mar apr may|maj jun jul aug sep oct|okt nov dec".split(), start=1)
    for name in names.split("|")
}
DATED = re.compile(
    r"(?P<year>20\d\d)(?P<sep>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=sep)(?P<day>0[1-9]|[12]\d|3[01])"
    r"|(?P<year2>20\d\d)[-_.](?P<month2>0[1-9]|1[0-2])"
    rf"|(?P<name>{'|'.join(MONTHS)})[a-z]*[-_. ]?(?P<year3>20\d\d)"
)


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
        month = self.month or 12
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

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
    """
    path = PurePosixPath(file.lower())
    if path.suffix.lstrip(".") not in FORMATS:
        return "not csv, dta, parquet or sas7bdat"
    found, part = NAME.fullmatch(path.stem), ""
    if not found and PART.fullmatch(path.stem):
        # a folder of parts: bef/part-0.parquet, bef/year=2015/part-0.parquet
        part = path.stem
        found = next((m for folder in reversed(path.parts[:-1]) if (m := NAME.fullmatch(folder))), None)
    if not found:
        return "not a register of the study"
    if found["dataset"] in NEVER:
        return f"never used: {NEVER[found['dataset']]}"
    year = found["year"] or next(
        (m[1] for folder in path.parts[:-1] if (m := re.fullmatch(r"(?:year|aar)=((?:19|20)\d\d)", folder))),
        None,
    )
    month = found["month"] or (int(found["quarter"]) * 3 if found["quarter"] else None)
    return Delivered(
        file=file,
        dataset=found["dataset"],
        year=int(year) if year else None,
        month=int(month) if month else None,
        part=part or found["part"] or "",
        dated=next((d for folder in reversed(path.parts[:-1]) if (d := folder_date(folder))), None),
        version=int(found["version"] or version),
        modified=modified,
    )


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
