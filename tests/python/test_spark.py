"""What ENGINE=spark refuses before Spark is started, and how DuckDB takes Spark's tables."""

import socket

import pytest

from vfm import spark
from vfm.machine import BuildError


@pytest.fixture
def extra(monkeypatch):
    """A machine with the extra and Java 17, whatever this one has."""
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(spark, "java_version", lambda: 17)
    monkeypatch.delenv("SPARK_MASTER", raising=False)


def test_spark_without_a_master_is_local(extra):
    spark.check()


def test_a_missing_extra_is_named(extra, monkeypatch):
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BuildError, match=r"needs the extra spark"):
        spark.check()


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
