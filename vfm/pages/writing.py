"""How pages are written: their templates, their tables, and where a Markdown page belongs."""

from functools import cache
from pathlib import Path

import duckdb
import jinja2

from vfm.privacy import leaks
from vfm.warehouse import provenance, published, system
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, Paths


@cache
def _environment():
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=jinja2.select_autoescape(("html.j2",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )


def filled_template(name: str, **blanks: object) -> str:
    """Fill a template of this folder.

    Parameters
    ----------
    name : str
        Path of the template; what it is given is escaped in *.html.j2.
    **blanks
        What its blanks say.

    Returns
    -------
    str

    Raises
    ------
    jinja2.UndefinedError
        If the template has a blank that is not given.
    """
    return _environment().get_template(name).render(**blanks)


def markdown_table(heads: list[str], rows: list[list], right: list[str] | tuple[str, ...] = ()) -> str:
    """Lay out rows as a Markdown table; `right` are the heads of columns set to the right."""
    rows = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    rule = ["---:" if head in right else "---" for head in heads]
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, rule, *rows))


@cache
def shipped_origin() -> str:
    """Return the origin of the registers that the project comes with, and of its accounts."""
    return provenance.data_origin(PROJECT / "seeds/registers")


def page_path(con: duckdb.DuckDBPyConnection, project: Path, build: Path, name: str) -> Path:
    """Return where a page belongs: docs/ for the report's study of the shipped data, else the build folder.

    Parameters
    ----------
    con : duckdb connection
        To the published file.
    project, build : Path
        The project's root and the build folder.
    name : str
        The page's file name.

    Returns
    -------
    Path
    """
    origins = con.execute("select data_origin, accounts_origin from meta.build_info").fetchone()
    docs = Path(project) / "docs"
    is_shipped = origins == (shipped_origin(), shipped_origin()) and docs.is_dir()
    return (docs if is_shipped and published.study(con) == DEFAULT_STUDY else Path(build)) / name


def replace_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file beside its place and rename it over the old one: a reader never sees half of it.

    Parameters
    ----------
    path : Path
    content : bytes
    mode : int
        Permissions of a new file, before the umask.

    Raises
    ------
    OSError
        If it cannot be written; the old file stays.
    """
    unfinished = path.with_suffix(".tmp")
    unfinished.touch(mode=mode)
    unfinished.write_bytes(content)
    system.replace(unfinished, path)


def put_page(con: duckdb.DuckDBPyConnection, text: str, project: Path, build: Path, name: str) -> Path:
    """Write a page where it belongs, as `page_path`; it is left alone where it says the same already.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OSError
        If it cannot be written.
    LeakError
        If the text holds an id of a person: one sentence, and the old page stays.
    """
    path, content = page_path(con, project, build, name), text.encode()
    leaks.refuse_ids({name: text}, Paths(project=Path(project), build=Path(build), results=path).warehouse)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        replace_whole(path, content)
    if path.is_relative_to(build):
        system.restrict_to_owner(path, 0o600)  # as everything in the build folder
    return path
