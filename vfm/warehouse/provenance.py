"""Where a build came from: when, from which commit, from which registers and accounts."""

import hashlib
import importlib.metadata
import json
import subprocess
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from vfm.warehouse.paths import PROJECT, accounts_folder, register_folder, study_name

UNKNOWN = "unknown"
BUNDLE, BUNDLE_SUMS = "bundle.json", "SHA256SUMS"  # in the folder that make bundle packs
CHUNK = 1 << 20
# what the tables follow from, beside registers and accounts
CODE = ("models/**/*", "macros/**/*", "python_models/**/*", "seeds/classifications/*", "seeds/published/*",
        "dbt_project.yml", "vfm/statistics/**/*.py", "vfm/warehouse/alternatives.py",
        "vfm/warehouse/provenance.py")  # fmt: skip
PACKAGES = ("duckdb", "numpy", "pandas", "scipy", "statsmodels")


def register_fingerprint(folder: Path) -> str:
    """SHA-256 of what a register folder holds.

    Parameters
    ----------
    folder : path
        Holds <register>/*.parquet.

    Returns
    -------
    str
        64 hexadecimal digits: the digest over the sorted relative paths, each with the digest of its file.
        It changes when a file is renamed, added, taken away or changed, and not with the folder's place or
        the files' dates.
    """
    return _fingerprint(folder, "*/*.parquet")


def accounts_fingerprint(folder: Path) -> str:
    """SHA-256 of the accounts and the labour market in a folder, as `register_fingerprint` over its *.csv."""
    return _fingerprint(folder, "*.csv")


def _fingerprint(folder, pattern):
    folder = Path(folder)
    whole = hashlib.sha256()
    for file in sorted(folder.glob(pattern), key=lambda path: path.relative_to(folder).as_posix()):
        content = hashlib.sha256()
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                content.update(chunk)
        whole.update(f"{file.relative_to(folder).as_posix()}\0{content.hexdigest()}\n".encode())
    return whole.hexdigest()


def code_fingerprint(
    project: Path = PROJECT, patterns: Iterable[str] = CODE, left_out: Collection[str] = frozenset()
) -> str:
    """SHA-256 of the code that makes the tables, of the study in force, and of the versions of packages.

    Parameters
    ----------
    project : path
        The project's root.
    patterns : sequence of str
        Which files count.
    left_out : set of str
        Files that do not, named from the root.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    project, digest = Path(project), hashlib.sha256()
    for name in PACKAGES:
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    patterns = [*patterns, f"studies/{study_name()}.yml"]
    for path in sorted({path for pattern in patterns for path in project.glob(pattern) if path.is_file()}):
        name = path.relative_to(project).as_posix()
        if name not in left_out and "__pycache__" not in name:
            digest.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def data_origin(folder: Path) -> str:
    """Say in a few words which data a register folder holds.

    Parameters
    ----------
    folder : path
        May hold origin.json, {"data_origin": "..."}; the simulator writes one with its seed.

    Returns
    -------
    str
        What origin.json says, else 'registers in folder <name>'.

    Raises
    ------
    ValueError
        If origin.json is there and says nothing usable.
    """
    folder = Path(folder)
    origin = folder / "origin.json"
    if not origin.exists():
        return f"registers in folder {folder.resolve().name}"
    try:
        said = json.loads(origin.read_text(encoding="utf-8"))["data_origin"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        expected = '{"data_origin": "..."}'
        raise ValueError(f"{origin}: expected {expected}. See docs/bad_input.md#origin.") from problem
    return str(said)


def write_accounts_origin(folder: Path, accounts: str, labour_market: dict[int, str]) -> None:
    """Write where the tables of an accounts folder are from, with the fingerprint of what lies there now.

    Parameters
    ----------
    folder : path
    accounts : str
        Where regk31 and regk100 are from, in a few words.
    labour_market : dict
        {year: where the labour market of the year is from}.
    """
    content = {
        "accounts": accounts,
        "labour_market": {str(year): labour_market[year] for year in sorted(labour_market)},
        "fingerprint": accounts_fingerprint(folder),
    }
    (Path(folder) / "origin.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_accounts_origin(folder: Path) -> tuple[str, dict]:
    """Read what `write_accounts_origin` wrote.

    Returns
    -------
    accounts : str
    labour_market : dict
        {year: origin}. Without origin.json, or where the tables are not those it was written beside, every
        origin is 'unknown' and the years are missing.

    Raises
    ------
    ValueError
        If origin.json is there and says nothing usable.
    """
    origin = Path(folder) / "origin.json"
    if not origin.exists():
        return UNKNOWN, {}
    try:
        said = json.loads(origin.read_text(encoding="utf-8"))
        accounts, fingerprint = str(said["accounts"]), said["fingerprint"]
        labour_market = {int(year): str(text) for year, text in said["labour_market"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ValueError(
            f"{origin}: expected accounts, labour_market and fingerprint. See docs/bad_input.md#origin."
        ) from problem
    if fingerprint != accounts_fingerprint(folder):
        return UNKNOWN, {}  # somebody put other tables beside it
    return accounts, labour_market


def accounts_origin(folder: Path) -> str:
    """Say in a few words where the tables of an accounts folder are from."""
    return in_words(*read_accounts_origin(folder))


def in_words(accounts: str, labour_market: dict) -> str:
    """Put what `read_accounts_origin` returns into a few words.

    Returns
    -------
    str
        'synthetic, seed 1' where all is from one place, else each part: '...; labour market 2007: ...'.
    """
    years = {}
    for year, text in sorted(labour_market.items()):
        years.setdefault(text, []).append(year)
    parts = [
        f"labour market {', '.join(map(str, of_text))}: {text}"
        for text, of_text in years.items()
        if text != accounts
    ]
    return "; ".join([accounts, *parts])


def git_commit(folder: Path = PROJECT) -> str:
    """Commit of the project: 40 digits, '+changes' where files differ; 'unknown' outside git and bundle."""
    folder = Path(folder).resolve()
    if (folder / BUNDLE).exists():
        return _bundled_commit(folder)

    def git(*arguments):
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=30
        )
        return answer.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != folder:
            return UNKNOWN  # the project lies unpacked inside another repository
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN


def _bundled_commit(folder):
    """The commit that a bundle was made from; '+changes' where a file is not the one that was packed."""
    commit = json.loads((folder / BUNDLE).read_text(encoding="utf-8"))["commit"]
    for line in (folder / BUNDLE_SUMS).read_text(encoding="utf-8").splitlines():
        expected, name = line.split("  ", 1)
        path = folder / name
        if path.suffix == ".whl":
            continue
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            return f"{commit}+changes"
    return commit


def build_info() -> dict[str, str | datetime]:
    """Return the one row of meta.build_info; built_at is in UTC, to the second."""
    folder = register_folder()
    return {
        "built_at": datetime.now(UTC).replace(microsecond=0, tzinfo=None),
        "git_commit": git_commit(),
        "data_origin": data_origin(folder),
        "register_fingerprint": register_fingerprint(folder),
        "accounts_origin": accounts_origin(accounts_folder()),
        "accounts_fingerprint": accounts_fingerprint(accounts_folder()),
        "code_fingerprint": code_fingerprint(),
    }
