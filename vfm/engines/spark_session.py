"""Inside dbt's process on Spark: each error in one discreet sentence, and no waiting for ever.

`guard` puts another cursor in the place of dbt-spark's, which offers nothing for this; written against
1.11.0, tests/spark sees if it fails.
"""

import logging
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from vfm.privacy import redaction
from vfm.warehouse import machine
from vfm.warehouse.failures import LOST_SPARK

SEE = "See docs/bad_input.md#spark."
CONDITION = re.compile(
    r"\[(?P<name>[A-Z][A-Z0-9_.]+)\] (?P<words>.*?)(?: SQLSTATE: (?P<state>\w{5})|\n\n|\Z)", re.DOTALL
)
OUR_OWN = "USER_RAISED_EXCEPTION"
ABOUT_CODE = ("42", "0A")  # classes of SQLSTATE: syntax, names and types, what is not supported
FIRST_SENTENCE = r"(?<=[.!?])\s+(?=[A-Z])"
NO_MEMORY = re.compile(
    r"OutOfMemory|Java heap space|GC overhead limit|UNABLE_TO_ACQUIRE_MEMORY|exited with code (52|137)"
)
NO_CLUSTER = re.compile(
    r"ExecutorLostFailure|Master removed our application|masters are unresponsive|SparkContext was shut down"
    r"|stopped SparkContext"
)
NO_JAVA = {"Py4JNetworkError", "ConnectionRefusedError", "ConnectionResetError", "BrokenPipeError"}
MEMORY_STATUS = {3, 52}  # of -XX:+ExitOnOutOfMemoryError, and Spark's own
PATIENCE_SECONDS = 180
LOOK_SECONDS = 1.0
ENDING_SECONDS = 5.0


class Watch:
    """Knows why Spark has ended, and notices when a cluster has no executor left.

    Parameters
    ----------
    master : str
    patience : float
        Seconds that a cluster may be without an executor.
    """

    def __init__(self, master, patience=PATIENCE_SECONDS):
        self.master, self.patience = master, patience
        self.lost = None

    @property
    def local(self) -> bool:
        """Whether the driver does all the work itself."""
        return self.master.startswith("local")

    def follow(self, context: Any, look: float = LOOK_SECONDS) -> None:
        """Cancel waiting jobs if the cluster has had no executor for longer than the patience set.

        Parameters
        ----------
        context : callable
            Returns the SparkContext; None before it has started.
        look : float
            Seconds between two looks.
        """
        seen = time.monotonic()
        while self.lost is None:
            time.sleep(look)
            if executors(context()) != 0:
                seen = time.monotonic()
            elif time.monotonic() - seen > self.patience:
                self.lost = (
                    f"Spark has had no executor at {self.master} for {self.patience:,.0f} seconds: the "
                    f"workers are gone, busy, or have less memory to give than SPARK_EXECUTOR_MEMORY. {SEE}"
                )
                context().cancelAllJobs()


def executors(context: Any) -> int | None:
    """Count the executors of a SparkContext, without its driver; None where it cannot say."""
    try:
        return context._jsc.sc().getExecutorMemoryStatus().size() - 1
    except Exception:  # it has not started yet, or has ended: its next use raises the error
        return None


def active_context() -> Any:
    """Return this process's SparkContext; None if it has not started."""
    from pyspark import SparkContext

    return SparkContext._active_spark_context


def java_status(patience: float) -> int | None:
    """Return the exit status of the driver's Java; None if it has not ended within some seconds."""
    from pyspark import SparkContext

    process = getattr(SparkContext._gateway, "proc", None)
    try:
        return process.wait(timeout=patience) if process else None
    except subprocess.TimeoutExpired:
        return None


def sentence(
    problem: Exception, sql: str, watch: Watch, status: Callable[[float], int | None] = java_status
) -> str:
    """Say what went wrong on Spark in one sentence, without a value of a row and without pages of Java.

    Parameters
    ----------
    problem : Exception
        Of PySpark, Py4J or dbt-spark.
    sql : str
        The statement that failed.
    watch : Watch
    status : callable
        As `java_status`.

    Returns
    -------
    str
        Begins with LOST_SPARK where nothing can be built any more.
    """
    words = words_of(problem)
    everything = words + (getattr(problem, "_stackTrace", None) or "")
    if machine.NO_ROOM.search(everything):
        beside = "" if watch.local else " or of the workers' own scratch folders"
        return (
            f"Spark found no room left on the disk of the build folder{beside}: make room, or set VFM_BUILD "
            f"or VFM_SPILL to another place. {SEE}"
        )
    no_java = type(problem).__name__ in NO_JAVA
    ended = status(ENDING_SECONDS if no_java else 0)
    if NO_MEMORY.search(everything) or ended in MEMORY_STATUS:
        more = "SPARK_DRIVER_MEMORY" + ("" if watch.local else " or SPARK_EXECUTOR_MEMORY")
        return (
            f"Spark ran out of memory: give it more with {more}, or let it work in more pieces with "
            f"SPARK_SHUFFLE_PARTITIONS. {SEE}"
        )
    if "JAVA_GATEWAY_EXITED" in everything:
        return (
            "Spark did not start, Java ended at once: it cannot have the memory of SPARK_DRIVER_MEMORY, or "
            f"was given an option that it does not know. {SEE}"
        )
    if no_java or ended is not None:
        how = "" if ended is None else f" (signal {-ended})" if ended < 0 else f" (status {ended})"
        return f"Spark was ended{how}, by someone or because the machine's memory ran out. {SEE}"
    if NO_CLUSTER.search(everything):
        return (
            f"Spark lost its master or its workers at {watch.master}, or they could not run it: look into "
            f"their logs, start them and build again. {SEE}"
        )
    return discreet(everything if CONDITION.search(everything) else words, sql) + sign_of_harm(
        words, everything
    )


def words_of(problem: Exception) -> str:
    """Return the message of an exception; an empty text if Java would have to give it and has ended."""
    try:
        return str(problem)
    except Exception:
        return ""


def discreet(words: str, sql: str) -> str:
    """Take Java's pages and the values out of a message of Spark.

    Parameters
    ----------
    words : str
    sql : str
        The statement that failed; what stands in it is no value of a row and stays.

    Returns
    -------
    str
        The innermost condition with its first sentence, or the first line. What a macro of this project
        raised is whole.
    """
    *_, found = [None, *CONDITION.finditer(words)]
    if not found:
        return redaction.of_spark(words.strip().partition("\n")[0], sql)
    said = " ".join(found["words"].split())
    if found["name"] == OUR_OWN:
        return redaction.of_spark(said, sql)
    if not (found["state"] or "").startswith(ABOUT_CODE):
        said = redaction.of_spark(said, sql)
    return f"[{found['name']}] {re.split(FIRST_SENTENCE, said)[0]}"


def sign_of_harm(words: str, everything: str) -> str:
    """Repeat from Java's page why a file could not be read, as vfm.warehouse.machine knows it."""
    if "READ_FILE" not in words and "FOOTER" not in words:
        return ""
    found = [re.search(sign, everything) for sign in machine.HARMED]
    return next((f" ({sign[0]})" for sign in found if sign), "")


def guard(cursors: ModuleType) -> None:
    """Put a discreet cursor in the place of dbt-spark's, and watch Spark from now on.

    Parameters
    ----------
    cursors : module
        dbt.adapters.spark.session.
    """
    watch = Watch(
        os.environ.get("SPARK_MASTER") or "local[*]",
        float(os.environ.get("SPARK_PATIENCE_SECONDS") or PATIENCE_SECONDS),
    )
    if not watch.local:
        threading.Thread(target=watch.follow, args=[active_context], daemon=True).start()
    logging.getLogger("SQLQueryContextLogger").disabled = True  # PySpark's own copy of each error
    cursors.Cursor = discreet_cursor(cursors.Cursor, watch)


def discreet_cursor(
    delivered: type, watch: Watch, status: Callable[[float], int | None] = java_status
) -> type:
    """Derive a cursor from dbt-spark's whose errors are sentences, and which refuses once Spark is lost."""
    from dbt_common.exceptions import DbtRuntimeError

    def said(function):
        @wraps(function)
        def called(self, *arguments):
            if arguments:
                self.sql = arguments[0]
            try:
                if watch.lost is None:
                    return function(self, *arguments)
            except Exception as problem:
                told = sentence(problem, getattr(self, "sql", ""), watch, status)
                if watch.lost is None and not told.startswith(LOST_SPARK):
                    raise DbtRuntimeError(told) from None
                watch.lost = watch.lost or told
            raise DbtRuntimeError(watch.lost)

        return called

    methods = {name: said(getattr(delivered, name)) for name in ("execute", "fetchall", "fetchone")}
    return type("DiscreetCursor", (delivered,), methods)
