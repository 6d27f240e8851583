"""What ENGINE=spark refuses before Spark is started, and what it makes of Spark's errors, without Java."""

import importlib.metadata
import importlib.util
import os
import re
import socket
import subprocess
import sys
import threading
import tomllib
from types import SimpleNamespace

import pytest
from dbt_common.exceptions import DbtRuntimeError

from vfm import build
from vfm.engines import spark, spark_session
from vfm.privacy import redaction
from vfm.warehouse.failures import failures
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT, Paths

HIDDEN = redaction.HIDDEN
SWITCHES = ("SPARK_MASTER", *spark.SWITCHES)
PAGE = """SparkException: [TASK_WRITE_FAILED] Task failed while writing rows to file:/b/spark. SQLSTATE: 58030
\tat org.apache.spark.sql.errors.QueryExecutionErrors$.taskFailedWhileWritingRowsError(x.scala:773)
Caused by: org.apache.spark.SparkNumberFormatException: [CAST_INVALID_INPUT] The value '990000000001x' of the
type "STRING" cannot be cast to "INT" because it is malformed. Correct the value. SQLSTATE: 22018
== SQL (line 1, position 8) ==
\tat org.apache.spark.sql.errors.QueryExecutionErrors$.invalidInputInCastToNumberError(x.scala:145)
"""


@pytest.fixture
def extra(monkeypatch):
    """A machine with the extra and Java 17, whatever this one has."""
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(spark, "java_version", lambda: 17)
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)


def test_spark_without_a_master_is_local(extra):
    spark.check()


def test_a_missing_extra_is_named(extra, monkeypatch):
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BuildError, match=r"needs the extra spark: make build ENGINE=spark installs it"):
        spark.check()


def test_a_build_without_what_spark_needs_publishes_nothing(tmp_path):
    """The whole command: without the extra where there is none, as in CI; else without Java."""
    published = tmp_path / "vfm.duckdb"
    published.write_bytes(b"what was published last")
    changed = {
        "VFM_BUILD": str(tmp_path / "build"),
        "VFM_RESULTS": str(published),
        "JAVA_HOME": str(tmp_path),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "vfm.build", "--engine", "spark"],
        cwd=PROJECT,
        env=os.environ | changed,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = ended.stderr.strip().splitlines()
    missing = "Java 17 or newer, none was found" if importlib.util.find_spec("pyspark") else "the extra spark"
    assert ended.returncode == 1
    assert said[0].startswith(f"ENGINE=spark needs {missing}")
    assert said[0].endswith("See docs/bad_input.md#spark.")
    assert said[1].startswith("Nothing was published; the results of ") and len(said) == 2
    assert published.read_bytes() == b"what was published last"


def test_the_lock_of_the_extra_adds_to_that_of_the_project():
    """pip takes it without looking at dependencies, so it must hold all of them that the other lacks."""

    def pinned(name):
        text = (PROJECT / name).read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9-]+)(?:\[[\w,-]+\])?==(\S+)", text, re.MULTILINE)), text

    adds, text = pinned("requirements-spark.lock")
    has, _ = pinned("requirements.lock")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["optional-dependencies"]["spark"]
    assert {re.match(r"[a-z0-9-]+", name)[0] for name in wanted} <= set(adds)
    assert not set(adds) & set(has)
    assert has["dbt-core"].startswith("1.11.")
    assert text.count("--hash=sha256:") >= len(adds)
    if importlib.util.find_spec("pyspark"):
        installed = {name.lower(): importlib.metadata.version(name) for name in adds}
        assert installed == adds
        for name in adds:
            for requirement in importlib.metadata.requires(name) or []:
                if "extra ==" not in requirement:
                    assert re.match(r"[A-Za-z0-9-]+", requirement)[0].lower() in adds | has


@pytest.mark.parametrize(
    "master", ["local", "local[2]", "local[*]", "local[2,4]", "yarn", "k8s://https://h:6443"]
)
def test_a_master_may_be_local_or_managed(extra, monkeypatch, master):
    monkeypatch.setenv("SPARK_MASTER", master)
    spark.check()


@pytest.mark.parametrize(
    "master",
    ["localhost", "local[0]", "local[", "127.0.0.1:7077", "spark://", "spark://host", "spark://host:70777777",
     "spark://h:7077/", "spark:/h:7077", "mesos://h:5050", "http://h:8080", "spark://h:7077,", "sc://h:15002"],
)  # fmt: skip
def test_a_master_that_is_none_is_named(extra, monkeypatch, master):
    monkeypatch.setenv("SPARK_MASTER", master)
    with pytest.raises(BuildError) as refused:
        spark.check()
    assert str(refused.value).startswith(
        f"SPARK_MASTER is {master}: give it local[*] or an address such as spark:"
    )


@pytest.mark.parametrize("master", ["spark://127.0.0.1:99999", "spark://no.such.host.invalid:7077"])
def test_a_master_that_cannot_be_asked_does_not_answer(extra, monkeypatch, master):
    monkeypatch.setenv("SPARK_MASTER", master)
    with pytest.raises(BuildError, match="and nothing answers there"):
        spark.check()


@pytest.mark.parametrize(
    ("name", "value"),
    [("SPARK_DRIVER_MEMORY", "much"), ("SPARK_DRIVER_MEMORY", "2"), ("SPARK_EXECUTOR_MEMORY", "2gg"),
     ("SPARK_SHUFFLE_PARTITIONS", "0"), ("SPARK_PATIENCE_SECONDS", "-1")],
)  # fmt: skip
def test_a_switch_that_is_none_is_named(extra, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(BuildError, match=f"{name} is {value}: give it a "):
        spark.check()
    monkeypatch.setenv(name, "2g" if name.endswith("MEMORY") else "20")
    spark.check()


@pytest.mark.parametrize(("master", "bound"), [(None, True), ("local[2]", True), ("spark://h:7077", False)])
def test_a_local_spark_listens_to_this_machine_alone(monkeypatch, tmp_path, master, bound):
    found = SimpleNamespace(submodule_search_locations=["/own/pyspark"])
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: found)
    monkeypatch.delenv("SPARK_MASTER", raising=False)
    if master:
        monkeypatch.setenv("SPARK_MASTER", master)
    monkeypatch.delenv("VFM_SPILL", raising=False)
    paths = Paths(project=PROJECT, build=tmp_path, results=tmp_path / "vfm.duckdb")
    variables = spark.environment(paths)
    assert variables["SPARK_HOME"] == "/own/pyspark", "whatever else is installed"
    assert variables["SPARK_LOCAL_DIRS"] == str(tmp_path / "spill")
    assert ("SPARK_LOCAL_IP" in variables) == bound


@pytest.mark.parametrize(("version", "said"), [(None, "none was found"), (11, "this is Java 11")])
def test_java_must_be_there_and_new_enough(extra, monkeypatch, version, said):
    monkeypatch.setattr(spark, "java_version", lambda: version)
    with pytest.raises(BuildError, match=said):
        spark.check()


def test_a_master_that_does_not_answer_is_named(extra, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("SPARK_MASTER", f"spark://127.0.0.1:{port}")
    with pytest.raises(BuildError, match=f"spark://127.0.0.1:{port}, and nothing answers"):
        spark.check()


def test_one_of_several_masters_is_enough(extra, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as master:
        monkeypatch.setenv("SPARK_MASTER", f"spark://127.0.0.1:{closed},127.0.0.1:{master.getsockname()[1]}")
        spark.check()


@pytest.mark.parametrize(
    ("said", "version"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_412"', 8), ("no such thing", None)],
)
def test_the_major_version_of_java_is_read(monkeypatch, said, version):
    answer = spark.subprocess.CompletedProcess([], 0, stdout="", stderr=said)
    monkeypatch.setattr(spark.subprocess, "run", lambda *_, **__: answer)
    assert spark.java_version() == version


def test_no_java_is_no_version(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert spark.java_version() is None


def told(kind, words, master="local[*]", status=None, sql=""):
    """What is said of an exception of a name."""
    problem = type(kind, (Exception,), {})(words)
    return spark_session.sentence(problem, sql, spark_session.Watch(master), lambda patience: status)


@pytest.mark.parametrize(
    ("kind", "words", "status", "said"),
    [
        ("SparkException", "Job aborted\n\tat x\nCaused by: IOException: No space left on device", None,
         "Spark found no room left on the disk of the build folder: make room"),
        ("Py4JJavaError", "An error occurred\n: java.lang.OutOfMemoryError: Java heap space", None,
         "Spark ran out of memory: give it more with SPARK_DRIVER_MEMORY, or"),
        ("Py4JNetworkError", "Answer from Java side is empty", 3, "Spark ran out of memory"),
        ("Py4JError", "Answer from Java side is empty", 52, "Spark ran out of memory"),
        ("ConnectionRefusedError", "[Errno 111] Connection refused", -9, "Spark was ended (signal 9), by"),
        ("Py4JNetworkError", "Answer from Java side is empty", None, "Spark was ended, by someone or"),
        ("PySparkRuntimeError", "[JAVA_GATEWAY_EXITED] Java gateway process exited.", None,
         "Spark did not start, Java ended at once"),
    ],
)  # fmt: skip
def test_what_ends_spark_is_one_sentence(kind, words, status, said):
    sentence = told(kind, words, status=status)
    assert sentence.startswith(said)
    assert sentence.endswith(" See docs/bad_input.md#spark.")
    assert "\n" not in sentence and "java." not in sentence


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("All masters are unresponsive! Giving up.", "Spark lost its master or its workers at spark://h:7077"),
        ("Job aborted: ExecutorLostFailure (executor 1 exited for no reason)", "Spark lost its master or"),
        ("Cannot call methods on a stopped SparkContext.", "Spark lost its master or its workers"),
        ("ExecutorLostFailure (executor 3 exited) Reason: Command exited with code 52",
         "Spark ran out of memory: give it more with SPARK_DRIVER_MEMORY or SPARK_EXECUTOR_MEMORY"),
        ("No space left on device", "Spark found no room left on the disk of the build folder or of the"),
    ],
)  # fmt: skip
def test_what_ends_a_cluster_is_one_sentence(words, said):
    assert told("SparkException", words, master="spark://h:7077").startswith(said)


def test_the_innermost_error_is_shown_without_its_value_and_without_java():
    assert told("SparkException", f"Job aborted due to stage failure: {PAGE}") == (
        f'[CAST_INVALID_INPUT] The value {HIDDEN} of the type "STRING" cannot be cast to "INT" because it is '
        "malformed."
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("[UNRESOLVED_COLUMN.X] A column `wek` cannot be resolved. Did you mean `week`? SQLSTATE: 42703; l",
         "[UNRESOLVED_COLUMN.X] A column `wek` cannot be resolved."),
        ("[DIVIDE_BY_ZERO] Division by zero. Use `try_divide` to tolerate. SQLSTATE: 22012",
         "[DIVIDE_BY_ZERO] Division by zero."),
        ("[USER_RAISED_EXCEPTION] register bfl: 12 rows. Ask for them. SQLSTATE: P0001",
         "register bfl: 12 rows. Ask for them."),
        ("[X_Y] 990000000001 and 'Jens' in the week of '2011-12-31' SQLSTATE: 22003",
         f"[X_Y] {HIDDEN} and {HIDDEN} in the week of '2011-12-31'"),
        ("a line with Q0000004CF8F\n\tat java.base", f"a line with {HIDDEN}"),
    ],
)  # fmt: skip
def test_errors_keep_names_and_lose_values(words, said):
    assert told("AnalysisException", words, sql="select wek from weeks") == said


def test_a_damaged_register_is_recognised_from_spark(tmp_path):
    words = (
        "[FAILED_READ_FILE.NO_HINT] Error while reading file file:///r/bef/part-0.parquet. SQLSTATE: KD001"
    )
    page = f"{words}\n\tat x\nCaused by: FileNotFoundException: /r/bef/part-0.parquet (Permission denied)"
    for found, said in (
        (told("SparkException", words), "register bef: part-0.parquet is damaged"),
        (told("SparkException", page), "register bef: part-0.parquet may not be read"),
    ):
        assert build.machine.refusal([found], tmp_path, "build", tmp_path).startswith(said)


class DeliveredCursor:
    """dbt-spark's cursor as far as it matters here."""

    problem = None
    calls = 0

    def execute(self, sql, *parameters):
        type(self).calls += 1
        if self.problem:
            raise self.problem

    def fetchall(self):
        raise ValueError("990000000001")

    fetchone = fetchall


def test_the_cursor_refuses_all_that_follows_once_spark_is_lost():
    watch = spark_session.Watch("local[*]")
    cursor = spark_session.discreet_cursor(DeliveredCursor, watch, lambda patience: None)()
    cursor.execute("select 1")
    with pytest.raises(DbtRuntimeError) as hidden:
        cursor.fetchall()
    assert "990000000001" not in str(hidden.value) and hidden.value.__suppress_context__
    assert watch.lost is None, "one statement failed, not Spark"
    cursor.problem = MemoryError("java.lang.OutOfMemoryError")
    with pytest.raises(DbtRuntimeError, match="Spark ran out of memory"):
        cursor.execute("select 2")
    calls = DeliveredCursor.calls
    with pytest.raises(DbtRuntimeError, match="Spark ran out of memory"):
        cursor.execute("select 3")
    assert DeliveredCursor.calls == calls


def fake_context(executors):
    """A SparkContext with the executors that a callable says, and an event for its cancelled jobs."""
    cancelled = threading.Event()
    status = SimpleNamespace(getExecutorMemoryStatus=lambda: SimpleNamespace(size=lambda: executors() + 1))
    context = SimpleNamespace(_jsc=SimpleNamespace(sc=lambda: status), cancelAllJobs=cancelled.set)
    return context, cancelled


@pytest.fixture
def clock(monkeypatch):
    """A clock that only sleep moves."""
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    monkeypatch.setattr(spark_session, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    return lambda: now[0]


def test_a_cluster_without_an_executor_is_given_up_after_patience(clock):
    context, cancelled = fake_context(lambda: 0)
    watch = spark_session.Watch("spark://h:7077", patience=180)
    watch.follow(lambda: context, look=1)
    assert watch.lost.startswith(
        "Spark has had no executor at spark://h:7077 for 180 seconds: the workers are"
    )
    assert cancelled.is_set()
    assert clock() == 181


def test_an_executor_in_time_and_a_context_that_is_not_there_yet_are_waited_for(clock):
    """A context after 100 seconds, an executor every third second, patience for 2, none of 30 rounds lost."""

    def executors():
        watch.lost = "enough" if clock() == 130 else None
        return clock() % 3 == 0

    context, cancelled = fake_context(executors)
    watch = spark_session.Watch("spark://h:7077", patience=2)
    watch.follow(lambda: context if clock() >= 100 else None, look=1)
    assert not cancelled.is_set() and watch.lost == "enough"
    watch.lost = None
    watch.patience = 1
    watch.follow(lambda: context, look=1)
    assert cancelled.is_set()


def test_what_spark_died_of_is_said_once_and_first(tmp_path):
    paths = Paths(project=tmp_path, build=tmp_path / "build", results=tmp_path / "vfm.duckdb")
    lost = "Spark ran out of memory: give it more. See docs/bad_input.md#spark."
    errors = [
        ("RunningOperationCaughtError", "something else"),
        ("LogModelResult", f"Runtime Error in model x\n  {lost}"),
    ]
    plain = ["Terminating due to java.lang.OutOfMemoryError: Java heap space\n"]
    assert failures(paths, errors, plain) == [lost, "The full log is build/logs/dbt.log."]


@pytest.mark.parametrize("name", ["_part.parquet", ".part.parquet"])
def test_a_part_that_spark_would_leave_out_is_named(tmp_path, name):
    (tmp_path / "bef").mkdir()
    (tmp_path / "bef/part_0.parquet").touch()
    spark.refuse_hidden(tmp_path)
    (tmp_path / "bef" / name).touch()
    with pytest.raises(BuildError, match=rf"register bef: Spark leaves out {name}, as every file"):
        spark.refuse_hidden(tmp_path)
