"""The SQL models up to the *_input tables on Spark, as Parquet that the rest of the build reads."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from vfm.engines import spark_session
from vfm.registers import parts
from vfm.warehouse import machine, settings
from vfm.warehouse.dbt_runs import run_dbt
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import Paths, register_folder

# what the Python models read: these tables, and whatever they are made of
CHOICE = (
    "--target", "spark",
    "--select", "+int_cox_input", "+int_cost_need_input", "+int_supplementary_cost_need_input",
    "--exclude-resource-type", "test", "unit_test",
)  # fmt: skip
FIRST = """
from dbt.adapters.spark import session
from vfm.engines import spark_session
spark_session.guard(session)
"""
EXECUTOR_LOG = Path(__file__).with_name("spark_log4j2.properties")
OLDEST_JAVA = 17
CONNECT_SECONDS = 5.0
LOCAL = r"local(\[(\*|[1-9]\d*)(, ?[1-9]\d*)?\])?"
ADDRESS = r"(\[[0-9A-Fa-f:]+\]|[^\s/,:\[\]]+):([1-9]\d{0,4})"
STANDALONE = rf"spark://{ADDRESS}(,{ADDRESS})*"
MANAGED = r"yarn|k8s://\S+"
SWITCHES = {
    "SPARK_DRIVER_MEMORY": (r"[1-9]\d*[kmgt]b?", "a size such as 2g"),
    "SPARK_EXECUTOR_MEMORY": (r"[1-9]\d*[kmgt]b?", "a size such as 2g"),
    "SPARK_SHUFFLE_PARTITIONS": (r"[1-9]\d*", "a number such as 16"),
    "SPARK_PATIENCE_SECONDS": (r"[1-9]\d*", "a number such as 180"),
}


@dataclass(frozen=True)
class Folders:
    """The paths of a build as its Spark run sees them: dbt keeps what it parsed for each engine apart."""

    paths: object

    def __getattr__(self, name):
        return getattr(self.paths, name)

    @property
    def target(self) -> Path:
        """dbt's manifest, run results and compiled SQL for Spark."""
        return self.paths.build / "target_spark"

    @property
    def tables(self) -> Path:
        """One folder a schema, <schema>.db, and in it one a table; profiles/profiles.yml says so too."""
        return self.paths.build / "spark"


def build(paths: Paths, stream: TextIO, values: Sequence[str] = ()) -> dict[str, str]:
    """Build the tables on Spark.

    Parameters
    ----------
    paths : vfm.warehouse.paths.Paths
    stream : text file
        Where progress is shown.
    values : sequence of str
        dbt's options that set variables of the method.

    Returns
    -------
    dict
        Environment variables that make the build on DuckDB take these tables.

    Raises
    ------
    BuildError
        If Spark cannot be started here, or anything failed.
    """
    check()
    refuse_hidden(register_folder(paths.project))
    folders = Folders(paths)
    shutil.rmtree(folders.tables, ignore_errors=True)  # tables of an earlier build must not be read
    try:
        for folder in (folders.tables, settings.spill(paths.build)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        name = paths.short(paths.build)
        raise BuildError(machine.cannot_write("build", name, problem)) from problem
    try:
        run_dbt(folders, stream, (*CHOICE, *values), environment(paths), FIRST)
    finally:
        shutil.rmtree(settings.spill(paths.build), ignore_errors=True)
    return {"VFM_SPARK_TABLES": folders.tables.as_posix()}


def environment(paths: Paths) -> dict[str, str]:
    """Return the environment variables of dbt's process on Spark, besides those of this one.

    The Spark is that of the extra, whatever else is installed. What its driver spills goes where DuckDB's
    does. With a local master nothing listens but on the loopback interface. Executors take the
    configuration of their log with their start: a level that the driver sends comes after their first task.
    """
    (home,) = importlib.util.find_spec("pyspark").submodule_search_locations
    variables = {
        "VFM_BUILD": str(paths.build),
        "SPARK_HOME": home,
        "SPARK_LOCAL_DIRS": str(settings.spill(paths.build)),
        "SPARK_EXECUTOR_LOG": EXECUTOR_LOG.as_uri(),
    }
    return variables | ({"SPARK_LOCAL_IP": "127.0.0.1"} if re.fullmatch(LOCAL, master()) else {})


def master() -> str:
    """Return the address of Spark's master."""
    return os.environ.get("SPARK_MASTER") or "local[*]"


def check() -> None:
    """Refuse a setting that Spark would answer with a page of Java, before a JVM is started.

    Raises
    ------
    BuildError
        If dbt-spark, Java or the master of $SPARK_MASTER is missing, or an environment variable has an
        invalid value.
    """
    if not all(map(importlib.util.find_spec, ("pyspark", "dbt.adapters.spark"))):
        refuse(
            "ENGINE=spark needs the extra spark: make build ENGINE=spark installs it, and so does "
            ".venv/bin/pip install --no-deps --no-build-isolation -r requirements-spark.lock"
        )
    version = java_version()
    if version is None or version < OLDEST_JAVA:
        found = "none was found" if version is None else f"this is Java {version}"
        refuse(
            f"ENGINE=spark needs Java {OLDEST_JAVA} or newer, {found}: on Debian, "
            "apt-get install openjdk-17-jre-headless; else set JAVA_HOME"
        )
    for name, (form, wanted) in SWITCHES.items():
        value = os.environ.get(name)
        if value and not re.fullmatch(form, value, re.IGNORECASE):
            refuse(f"{name} is {value}: give it {wanted}")
    if not re.fullmatch(f"{LOCAL}|{STANDALONE}|{MANAGED}", master()):
        refuse(f"SPARK_MASTER is {master()}: give it local[*] or an address such as spark://host:7077")
    addresses = re.findall(ADDRESS, master().removeprefix("spark://"))
    if master().startswith("spark://") and not any(answers(host, int(port)) for host, port in addresses):
        refuse(f"SPARK_MASTER is {master()}, and nothing answers there")


def refuse(sentence: str) -> NoReturn:
    """Stop the build with a sentence."""
    raise BuildError(f"{sentence}. {spark_session.SEE}")


def refuse_hidden(registers: Path) -> None:
    """Stop where Spark would leave out part files without a word, or either engine would read one twice."""
    for _, sentence in parts.faults(registers):
        raise BuildError(sentence)
    for file in sorted(registers.glob("*/[_.]*.parquet")):
        refuse(
            f"register {file.parent.name}: Spark leaves out {file.name}, as every file whose name begins "
            "with _ or a full stop: give it another name"
        )


def java_version() -> int | None:
    """Return the major version of the Java that Spark would start; None without one."""
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None


def answers(host: str, port: int) -> bool:
    """Say whether an address accepts connections."""
    try:
        socket.create_connection((host.strip("[]"), port), timeout=CONNECT_SECONDS).close()
    # the last two: an invalid port number, and a host name that cannot be encoded
    except (OSError, OverflowError, UnicodeError):
        return False
    return True
