"""Whatever goes wrong on Spark itself: one sentence, no value of a row, the published file stays.

A model or two and the sources of the real project stand in for the whole, with its macros and its profile.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import tiny_registers
from borrowed_project import SMALL_PROJECT, borrow
from cluster import cluster
from private_mounts import in_namespace

from vfm.warehouse.paths import PROJECT

TROUBLE = "{{ env_var('TEST_SQL', 'select 1 as x') }}"
CALM = "select count(PNR) as persons from {{ source('registers', 'dod') }}"
MAIN = """
import sys
from vfm import build
from vfm.engines import spark
spark.CHOICE = ("--target", "spark", "--select", "calm", "trouble", "--exclude-resource-type", "test")
sys.exit(build.main(["--engine", "spark", "--project-dir", sys.argv[1]]))
"""
STARTED = []
PATIENCE_SECONDS = 900
SECRET = "PNRSECRET0001"
QUOTING = "select map_from_arrays(array(PNR, PNR), array(1, 2)) as x from raw.vnds"
QUOTED = "model trouble: [DUPLICATED_MAP_KEY] Duplicate map key (value not shown) was found"
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
LISTENING = "0A"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = borrow(tmp_path_factory.mktemp("project"), SMALL_PROJECT)
    (root / "models/intermediate").mkdir()
    (root / "models/intermediate/calm.sql").write_text(CALM)
    (root / "models/intermediate/trouble.sql").write_text("-- depends_on: {{ ref('calm') }}\n" + TROUBLE)
    return root


@pytest.fixture(scope="module")
def registers(tmp_path_factory):
    folder = tiny_registers.write_registers(tmp_path_factory.mktemp("delivery") / "registers")
    tiny_registers.write_part(folder, "vnds", tiny_registers.columns()["vnds"] | {"PNR": f"'{SECRET}'"})
    return folder


@pytest.fixture
def published(project):
    """What was published last; it is the same afterwards."""
    results = project / "vfm.duckdb"
    results.write_bytes(b"what was published last")
    yield results
    assert results.read_bytes() == b"what was published last"
    assert sorted(path.name for path in project.glob("vfm.duckdb*")) == ["vfm.duckdb"]


@pytest.fixture(autouse=True)
def nothing_is_left():
    """A build that a test no longer waits for is ended; its dbt and its Java end with it."""
    yield
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


def start(project, registers, sql, inside=(), **environment):
    """Start a build whose second model is an SQL text."""
    changed = {
        "PYTHONPATH": str(PROJECT),
        "SPARK_MASTER": "local[2]",
        "SPARK_SHUFFLE_PARTITIONS": "2",
        "VFM_REGISTERS": str(registers),
        "VFM_BUILD": "build",
        "VFM_RESULTS": "vfm.duckdb",
        "TEST_SQL": sql,
    }
    process = subprocess.Popen(
        [*inside, sys.executable, "-c", MAIN, str(project)],
        env=os.environ | changed | environment,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    STARTED.append(process)
    return process


NO_ROOM = (
    "Spark found no room left on the disk of the build folder: make room, or set VFM_BUILD or",
    "No room is left to write to the build folder build",
)


def ends_in(process, sentence):
    """A build ended with a sentence (or one of several), the log's place and what stays published."""
    out, said = process.communicate(timeout=PATIENCE_SECONDS)
    lines = said.strip().splitlines()
    assert process.returncode == 1, out + said
    assert lines[0].startswith(sentence), said
    assert len(lines[0]) < 400
    assert len(lines) == 3 and lines[2].startswith("Nothing was published; the results of ")
    assert "\tat " not in out + said and "java." not in out + said
    return out + said


def java_of(project):
    """Wait for the Java of a build; return its process id."""
    wanted = f"VFM_BUILD={project}/build".encode()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (
                    b"SparkSubmit" in (process / "cmdline").read_bytes()
                    and wanted in (process / "environ").read_bytes()
                ):
                    return int(process.name)
            except OSError:
                pass
        time.sleep(0.2)
    raise AssertionError("no Java was started")


def listens_at(process):
    """Return the addresses, in hexadecimal digits, at which a process takes connections."""
    sockets = set()
    for file in Path(f"/proc/{process}/fd").iterdir():
        found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(file))
        sockets |= {found[1]} if found else set()
    lines = [line.split() for kind in ("tcp", "tcp6") for line in open(f"/proc/net/{kind}")][1:]
    return {line[1].split(":")[0] for line in lines if line[3] == LISTENING and line[9] in sockets}


def mode_of(path):
    """Return a path's permissions; none where it was removed meanwhile."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        return 0


def test_no_value_of_a_row_leaves_spark(project, registers, published):
    process = start(project, registers, QUOTING)
    said = ends_in(process, QUOTED)
    written = [path for path in (project / "build").rglob("*") if path.is_file()]
    assert any(path.name == "dbt.log" for path in written)
    assert SECRET not in said
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]


def test_no_value_of_a_row_is_in_the_log_of_a_worker(project, registers, published, tmp_path):
    tmp_path.chmod(0o700)
    with cluster(tmp_path, workers=1, memory="1g") as (address, _):
        process = start(
            project,
            registers,
            QUOTING,
            SPARK_MASTER=address,
            SPARK_LOCAL_IP="127.0.0.1",
            SPARK_EXECUTOR_MEMORY="600m",
        )
        ends_in(process, QUOTED)
    logs = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in logs if path.name == "stderr"], "an executor was there"
    assert not [path for path in logs if SECRET.encode() in path.read_bytes()]


def test_a_build_on_spark_keeps_to_itself_until_it_is_killed(project, registers, published):
    before = {path.name for path in project.iterdir()} | {"build"}
    process = start(
        project, registers, "select count(*) as x from range(1000000000000) where id % 7 = uuid()"
    )
    java = java_of(project)
    table = project / "build/spark/intermediate.db/calm"
    while not (table / "_SUCCESS").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.2)
    addresses = listens_at(java)
    made = [path for folder in ("spark", "spill") for path in (project / "build" / folder).rglob("*")]
    modes = {path: mode_of(path) for path in made}
    os.kill(java, signal.SIGKILL)
    ends_in(process, "Spark was ended (signal 9), by someone or because the machine's memory ran out.")
    assert addresses and addresses <= LOOPBACK
    assert table / "_SUCCESS" in modes
    assert not {path: oct(mode) for path, mode in modes.items() if mode & 0o077}
    assert {path.name for path in project.iterdir()} <= before, (
        "no metastore, log or warehouse beside the build"
    )
    assert not (project / "build/spill").exists()


def test_too_little_memory_ends_a_build_on_spark(project, registers, published):
    long = "repeat(cast(id as string), 1000)"
    sql = f"select length(array_join(collect_list({long}), '')) as x from range(1000000)"
    process = start(project, registers, sql, SPARK_DRIVER_MEMORY="512m")
    ends_in(process, "Spark ran out of memory: give it more with SPARK_DRIVER_MEMORY, or")


@pytest.mark.parametrize(
    ("full", "sql"),
    [
        ("build", "select id, uuid() as x from range(5000000)"),
        ("spill", "select x, count(*) as n from (select uuid() as x from range(5000000)) group by x"),
    ],
    ids=["build", "spill"],
)
def test_a_full_disk_ends_a_build_on_spark(project, registers, published, full, sql):
    folder = project / full
    folder.mkdir(exist_ok=True)
    inside = in_namespace(f"mount -t tmpfs -o size=40m,mode=700 tmpfs {folder}")
    changed = {"VFM_SPILL": str(folder)} if full == "spill" else {}
    process = start(project, registers, sql, inside, **changed)
    ends_in(process, NO_ROOM)  # dbt or Spark, whichever is the first to write


def test_what_is_no_master_is_not_taken_for_one(project, registers, published):
    """Something takes the connection and never answers; Spark asks three times, 20 seconds each."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=take_all, args=[silent], daemon=True).start()
        address = f"spark://127.0.0.1:{silent.getsockname()[1]}"
        process = start(project, registers, "select 1 as x", SPARK_MASTER=address, SPARK_LOCAL_IP="127.0.0.1")
        ends_in(process, f"Spark lost its master or its workers at {address}, or they could not run it")


def take_all(server):
    """Take connections and keep them, until the server is closed."""
    taken = []
    try:
        while True:
            taken.append(server.accept())
    except OSError:
        pass
