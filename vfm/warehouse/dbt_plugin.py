"""What keeps persons' rows where they belong whoever runs dbt; profiles/profiles.yml names it as a plugin.

Folders and files are their owner's alone, DuckDB reads and writes nothing but the registers, the seeds and
the warehouse, and no error message repeats a value.
"""

import os
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import wraps
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.environments import local
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.exceptions import DbtRuntimeError

from vfm.privacy import redaction
from vfm.warehouse import build_folder, machine, seed_files, settings, variables
from vfm.warehouse.paths import Paths, register_folder, study_name
from vfm.warehouse.sql_text import literal, path_text

with suppress(ImportError, AttributeError):  # of another dbt, which is as fast as it is
    from vfm.warehouse import dbt_speed  # noqa: F401

OWNER_ONLY = 0o077
# these commands run no model: they look at a finished build, from whatever registers, or run one macro
LOOKING = {"show", "compile", "generate", "run-operation"}
MADE_IN_BUILD = ("logs", "target", "truth")
MANY_ROWS = 500_000  # of a table: a Python model takes about a gigabyte for a million spells
alone = threading.Lock()

# one thread of linear algebra per process: the same sums on every machine; set before numpy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class Plugin(BasePlugin):
    """Keep the build to its owner and DuckDB to its folders."""

    def update_connection_config(self, creds: Any, config: dict) -> None:
        """Create the build folder; it, dbt's logs and target become 0700 and 0600, and so does what follows.

        Variables that are not as declared are refused here, before any model runs. DuckDB gets the memory,
        threads and spill folder that the environment says (settings.py).

        Parameters
        ----------
        creds : DuckDBCredentials
            Its `path` is the warehouse.
        config : dict
            DuckDB settings; extensions are neither fetched nor loaded.
        """
        for kind in ("autoinstall_known", "autoload_known", "allow_community"):
            config[f"{kind}_extensions"] = False
        if creds.path == ":memory:":
            return
        refuse_variables()
        refuse_seeds()
        keep_rows_out_of_the_log()
        os.umask(OWNER_ONLY)
        build = Path(creds.path).parent
        said(build_folder.claim, Paths(project=project_folder(), build=build.absolute(), results=build))
        flags = get_flags()
        target = project_folder() / (flags.TARGET_PATH or "target")
        config.update(said(settings.duckdb_config, build))
        for folder in (target, *(build / name for name in MADE_IN_BUILD), Path(config["temp_directory"])):
            keep_to_owner(folder)
            for path in folder.rglob("*"):
                keep_to_owner(path)
        for path in (build, *build.glob("warehouse.duckdb*"), *Path(flags.LOG_PATH).glob("dbt.log*")):
            keep_to_owner(path)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """From here on DuckDB touches no file outside its folders, and no setting can be changed.

        Parameters
        ----------
        conn : DuckDBPyConnection
            Its own database file and spill folder stay open to it.
        """
        if get_flags().WHICH in LOOKING:
            return
        folders = map(str, folders_to_read())  # it compares them with a path as it is asked for
        allowed = ", ".join(literal(name) for each in folders for name in sorted({each, path_text(each)}))
        conn.execute(f"set allowed_directories = [{allowed}]")
        conn.execute("set enable_external_access = false")
        conn.execute("set lock_configuration = true")


def refuse_variables() -> None:
    """Raise an error where a variable is not as declared, or of another study than the one in force."""
    values = variables.of_project(project_folder()) | (get_flags().VARS or {})
    sentences = variables.refusals(values)
    if "study" in values and values["study"] != study_name():
        sentences.append(
            f"VFM_STUDY is {study_name()}, and the variables are those of {values['study']}: run dbt by "
            f"python -m vfm.studies dbt, which gives it those of the study. {variables.SEE}"
        )
    if sentences:
        raise DbtRuntimeError("\n".join(sentences))


def refuse_seeds() -> None:
    """Raise an error where a file that is to be loaded as a seed is not as its yml says."""
    if get_flags().WHICH in ("build", "seed"):
        values = variables.of_project(project_folder()) | (get_flags().VARS or {})
        sentences = seed_files.problems(values, project_folder())
        if sentences:
            raise DbtRuntimeError("\n".join(sentences))


def keep_rows_out_of_the_log() -> None:
    """Let dbt show print rows on the screen and nowhere else."""
    for logger in get_event_manager().loggers:
        if logger.name == "file_log":
            logger.filter = without_rows(logger.filter)


def without_rows(wanted: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return the filter `wanted`, which now also leaves out the event that carries the rows of dbt show."""
    return lambda event: event.info.name != "ShowNode" and wanted(event)


def project_folder() -> Path:
    """Return the project's root."""
    return Path(get_flags().PROJECT_DIR).absolute()


def folders_to_read() -> list[Path]:
    """List the folders of seeds, accounts, registers (with those behind links) and tables from Spark."""
    registers = register_folder(project_folder())
    files = registers.glob("*/*.parquet")
    linked = {registers.resolve(), *(file.resolve().parent for file in files)}
    spark = [Path(folder) for folder in [os.environ.get("VFM_SPARK_TABLES")] if folder]
    accounts = said(settings.accounts)
    return [project_folder() / "seeds", accounts, registers, *sorted(linked), *spark]


def said(function: Callable, *arguments: object) -> Any:
    """Turn a refusal of the build into an error that dbt prints without a traceback."""
    try:
        return function(*arguments)
    except machine.BuildError as problem:
        raise DbtRuntimeError(str(problem)) from None


def keep_to_owner(path: Path) -> None:
    """Take the permissions of group and others from a path that is one's own."""
    try:
        state = path.lstat()
        if (
            os.name != "nt"
            and state.st_mode & OWNER_ONLY
            and state.st_uid == os.geteuid()
            and not path.is_symlink()
        ):
            path.chmod(state.st_mode & 0o700)
    except FileNotFoundError:
        pass  # no target yet, or a file that DuckDB removed meanwhile


class DiscreetCursor(local.DuckDBCursorWrapper):
    """dbt-duckdb's cursor, whose errors repeat no value: they go to screen, log and run_results.json."""

    def execute(self, sql: str, bindings: Any = None) -> Any:
        """Run a statement; an error of DuckDB keeps its type."""
        self._sql = sql
        return discreet(super().execute, sql)(sql, bindings)

    def __getattr__(self, name):
        found = getattr(self._cursor, name)
        return discreet(found, self.__dict__.get("_sql", "")) if callable(found) else found


def discreet(function: Callable, sql: str) -> Callable:
    """Let a function of DuckDB raise its errors without values, and without the errors behind them."""

    @wraps(function)
    def called(*arguments, **options):
        try:
            return function(*arguments, **options)
        except duckdb.Error as problem:
            raise type(problem)(redaction.of_duckdb(str(problem), sql)) from None

    return called


def rows_read(handle: Any, parsed_model: dict) -> int:
    """Rows of the largest table that a model reads, as DuckDB estimates them."""
    names = [node.rsplit(".", 1)[-1] for node in parsed_model["depends_on"]["nodes"]]
    tables = ", ".join(map(literal, ["", *names]))
    sql = f"select coalesce(max(estimated_size), 0) from duckdb_tables() where table_name in ({tables})"
    return handle.cursor().execute(sql).fetchone()[0]


def submit_python_job(
    self: local.LocalEnvironment, handle: Any, parsed_model: dict, compiled_code: str
) -> Any:
    """Run a Python model as dbt-duckdb does; its traceback repeats no value.

    Models that read many rows wait for each other, so that memory holds the rows of one at a time.
    """
    try:
        with alone if rows_read(handle, parsed_model) > MANY_ROWS else nullcontext():
            return submit_as_delivered(self, handle, parsed_model, compiled_code)
    except DbtRuntimeError as problem:
        cause = problem.__context__
        said = redaction.of_exception(cause, compiled_code) if cause else redaction.of_python(str(problem))
        raise DbtRuntimeError(f"Python model failed:\n{said}") from None


# dbt-duckdb offers no place for this; written against 1.11.1, tests/privacy/test_privacy.py sees if it fails
submit_as_delivered = local.LocalEnvironment.submit_python_job
local.DuckDBCursorWrapper = DiscreetCursor
local.LocalEnvironment.submit_python_job = submit_python_job
