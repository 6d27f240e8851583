"""The SQL models up to the *_input tables on Spark, as Parquet that the rest of the build reads."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass

from vfm.machine import BuildError

# what the Python models read: these tables, and whatever they are made of
CHOICE = (
    "--target", "spark", "--select", "+cox_input", "+cost_need_input", "+supplementary_cost_need_input",
    "--exclude-resource-type", "test", "unit_test",
)  # fmt: skip
OLDEST_JAVA = 17
CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Folders:
    """The paths of a build as its Spark run sees them: dbt keeps what it parsed for each engine apart."""

    paths: object

    def __getattr__(self, name):
        return getattr(self.paths, name)

    @property
    def target(self):
        """dbt's manifest, run results and compiled SQL for Spark."""
        return self.paths.build / "target_spark"

    @property
    def tables(self):
        """One folder a schema, <schema>.db, and in it one a table; profiles/profiles.yml says so too."""
        return self.paths.build / "spark"


def build(paths, stream, run_dbt):
    """Build the tables on Spark.

    Parameters
    ----------
    paths : vfm.build.Paths
    stream : text file
        Where progress is shown.
    run_dbt : callable
        vfm.build.run_dbt.

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
    folders = Folders(paths)
    shutil.rmtree(folders.tables, ignore_errors=True)  # an older table is none of this build
    try:
        run_dbt(folders, stream, CHOICE, environment(paths))
    finally:
        shutil.rmtree(paths.spill, ignore_errors=True)
    return {"VFM_SPARK_TABLES": folders.tables.as_posix()}


def environment(paths):
    """Environment variables of Spark's run; it spills where DuckDB does, unless its own says where."""
    return {
        "VFM_BUILD": str(paths.build),
        "SPARK_LOCAL_DIRS": os.environ.get("SPARK_LOCAL_DIRS") or str(paths.spill),
    }


def check():
    """Refuse, before a JVM is started, what Spark would answer with a page of Java.

    Raises
    ------
    BuildError
        If dbt-spark, Java or the master of $SPARK_MASTER is missing.
    """
    if not all(map(importlib.util.find_spec, ("pyspark", "dbt.adapters.spark"))):
        raise BuildError("ENGINE=spark needs the extra spark: .venv/bin/pip install '.[spark]'.")
    version = java_version()
    if version is None or version < OLDEST_JAVA:
        found = "none was found" if version is None else f"this is Java {version}"
        raise BuildError(
            f"ENGINE=spark needs Java {OLDEST_JAVA} or newer, {found}: on Debian, "
            "apt-get install openjdk-17-jre-headless; else set JAVA_HOME."
        )
    master = os.environ.get("SPARK_MASTER") or ""
    addresses = re.findall(r"([^/,:]+):(\d+)", master.removeprefix("spark://"))
    if master.startswith("spark://") and not any(answers(host, int(port)) for host, port in addresses):
        raise BuildError(f"SPARK_MASTER is {master}, and nothing answers there.")


def java_version():
    """Return the major version of the Java that Spark would start; None without one."""
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None


def answers(host, port):
    """Say whether something takes connections at an address."""
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
