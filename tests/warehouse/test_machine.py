"""Whatever the machine refuses, one sentence says so, the published file stays, and the next build works."""

import fcntl
import hashlib
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time

import duckdb
import preloaded
import pytest
import tiny_registers
from borrowed_project import SMALL_PROJECT, borrow
from private_mounts import in_namespace

from vfm import build
from vfm.warehouse import machine
from vfm.warehouse.paths import PROJECT

# waits where a test wants it to, and makes as many rows as a test wants
PAUSE = """
def model(dbt, session):
    import os
    import numpy
    import pandas
    dbt.config(materialized="table")
    folder = os.environ.get("TEST_PAUSE")
    if folder:
        with open(folder + "/reached", "w") as stream:
            stream.write(str(os.getpid()))
        open(folder + "/go").read()
    rows = int(os.environ.get("TEST_ROWS", "1"))
    return pandas.DataFrame({"x": numpy.random.default_rng(1).integers(0, 2**62, rows)})
"""
PAUSE_YML = """
models:
  - name: pause
    columns:
      - {name: x, data_type: bigint}
"""
LATE = "-- depends_on: {{ ref('pause') }}\nselect max(pnr) as x from {{ source('registers', 'dod') }}\n"
# sorts as many rows as a test wants, by a key that takes them apart
SORTED = """
select count(*) as n
from (
    select row_number() over (order by hash(x)) as place
    from range({{ env_var('TEST_SORTED', '1') }}) as t (x)
) as placed
where place % 7 = 0
"""
PUBLISH_PAUSED = """
from vfm.warehouse import publish
copy_table = publish.copy_table
def paused(*arguments):
    rows = copy_table(*arguments)
    with open({folder!r} + "/reached", "w") as stream:
        stream.write("0")
    open({folder!r} + "/go").read()
    return rows
publish.copy_table = paused
"""
PUBLISH_WITHOUT_ROOM = """
import resource
from vfm.warehouse import publish
write_file = publish.write_file
def limited(*arguments):
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    return write_file(*arguments)
publish.write_file = limited
"""
MAIN = "\nimport sys\nfrom vfm import build\nsys.exit(build.main(['--project-dir', {project!r}]))\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = borrow(tmp_path_factory.mktemp("project"), SMALL_PROJECT)
    for folder in ("models/intermediate", "python_models/intermediate"):
        (root / folder).mkdir()
    (root / "python_models/intermediate/pause.py").write_text(PAUSE)
    (root / "python_models/intermediate/pause.yml").write_text(PAUSE_YML)
    (root / "models/intermediate/late.sql").write_text(LATE)
    (root / "models/intermediate/sorted.sql").write_text(SORTED)
    return root


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    return tiny_registers.write_registers(tmp_path_factory.mktemp("delivery") / "as_delivered")


@pytest.fixture
def registers(delivery):
    """All registers, at one place for all tests: dbt parses anew when it changes."""
    registers = delivery.with_name("registers")
    shutil.rmtree(registers, ignore_errors=True)
    return shutil.copytree(delivery, registers)


def start(project, registers, before="", inside=(), limit=None, **environment):
    """Start a build: `before` is Python run first, `inside` a command that runs it, `limit` bytes a file."""
    defaults = {"VFM_BUILD": "build", "VFM_RESULTS": "vfm.duckdb", "PYTHONPATH": str(PROJECT)}
    changed = defaults | {"VFM_REGISTERS": str(registers)} | environment
    begin = subprocess.Popen if inside or limit or "PYTHONPATH" in environment else preloaded.Popen
    return begin(
        [*inside, sys.executable, "-c", before + MAIN.format(project=str(project))],
        env=os.environ | changed,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))),
    )


def end(process):
    """Wait for a build; return its status and the lines on standard error."""
    _, said = process.communicate(timeout=120)
    return process.returncode, said.strip().splitlines()


def builds(project, registers, **options):
    """The next build works, leaves nothing beside what it publishes, and the file opens."""
    status, said = end(start(project, registers, **options))
    assert (status, said) == (0, [])
    assert sorted(path.name for path in project.glob("vfm.duckdb*")) == ["vfm.duckdb"]
    with duckdb.connect(str(project / "vfm.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from meta.build_info").fetchall() == [(1,)]


@pytest.fixture
def published(project):
    """A published file of some earlier day; afterwards it must be the same file still."""
    results = project / "vfm.duckdb"
    results.write_bytes(b"what was published last")
    os.utime(results, (1_700_000_000, 1_700_000_000))
    before = digest(results)
    yield results
    assert digest(results) == before
    results.unlink()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refused(ended, *parts):
    """A build ended with one clear sentence, and says that nothing was published."""
    status, said = ended
    assert status == 1, said
    assert all(part in said[0] for part in parts), said
    assert "See docs/bad_input.md#the-machine." in said[0]
    assert len(said[0]) < 500
    assert len(said) <= 3
    assert said[-1].startswith("Nothing was published; the results of 2023-11-1"), said


def alone(published):
    assert sorted(path.name for path in published.parent.glob("vfm.duckdb*")) == ["vfm.duckdb"]


class Paused:
    """A build stopped at a point that is known."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        os.mkfifo(folder / "reached")
        os.mkfifo(folder / "go")

    def reached(self):
        """Wait until the build is there; return what it says of itself."""
        return int((self.folder / "reached").read_text())

    def go(self):
        """Let it go on."""
        (self.folder / "go").write_text("")


@pytest.fixture
def paused(tmp_path):
    return Paused(tmp_path / "pause")


def gone(process, seconds=10):
    """Whether a process ends within some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_a_file_that_may_not_grow_while_building_and_the_next_build_into_a_new_folder(
    project, registers, published
):
    ended = end(start(project, registers, limit=8_000_000, TEST_ROWS="2000000"))
    refused(ended, "No room is left to write to the build folder build")
    alone(published)
    status, said = end(start(project, registers, VFM_RESULTS="new/folder/vfm.duckdb"))
    assert (status, said) == (0, [])
    allowed = (
        0o777 & ~current_umask()
    )  # analysts come to the results, whatever the build folder's permissions
    for path in ("new", "new/folder"):
        assert stat.S_IMODE((project / path).stat().st_mode) == allowed
    assert stat.S_IMODE((project / "new/folder/vfm.duckdb").stat().st_mode) == allowed & 0o666


def test_a_full_disk_while_building(project, registers, published):
    (project / "build/target").mkdir(parents=True, exist_ok=True)
    parsed = project / "build/target/partial_parse.msgpack"  # by the builds before; else dbt reads all anew
    kept = project / "parsed.msgpack"
    inside = in_namespace(
        f"if [ -f {parsed} ]; then cp {parsed} {kept}; fi",
        f"mount -t tmpfs -o size=9m,mode=700 tmpfs {project}/build",
        f"mkdir {parsed.parent}; if [ -f {kept} ]; then cp {kept} {parsed}; fi",
    )
    refused(
        end(start(project, registers, inside=inside, TEST_ROWS="2000000")),
        "No room is left to write to the build folder build",
    )
    alone(published)


@pytest.mark.parametrize("size", ["20m", None])
def test_a_full_disk_for_what_memory_cannot_hold(project, registers, published, tmp_path, size):
    """A sort that needs more than 256 MB; with room to spill it passes, and nothing is left there."""
    spill = tmp_path / "spill"
    spill.mkdir()
    (spill / "other").write_text("somebody else's")
    inside = in_namespace(f"mount -t tmpfs -o size={size},mode=700 tmpfs {spill}") if size else ()
    switches = {"VFM_SPILL": str(spill), "VFM_MEMORY_LIMIT": "256MB", "VFM_THREADS": "1"}
    if not size:
        switches["VFM_RESULTS"] = str(tmp_path / "spilled.duckdb")
    ended = end(start(project, registers, inside=inside, TEST_SORTED="10000000", **switches))
    if size:
        refused(
            ended, f"No room is left to write to the spill folder {spill}", "set VFM_SPILL to another place"
        )
    else:
        assert ended == (0, [])
    alone(published)
    assert (spill / "other").read_text() == "somebody else's"
    assert not [path for path in spill.rglob("*") if path.is_file() and path.name != "other"]


@pytest.mark.parametrize(
    ("switch", "value", "says"),
    [
        ("VFM_MEMORY_LIMIT", "8", "VFM_MEMORY_LIMIT is 8: give a size with its unit"),
        ("VFM_THREADS", "two", "VFM_THREADS is two: give a whole number"),
        ("VFM_SPILL", "/dev/null/folder", "VFM_SPILL to another place"),
    ],
)
def test_a_switch_that_cannot_be_used(project, registers, published, switch, value, says):
    ended = end(start(project, registers, **{switch: value}))
    refused(ended, switch, says)
    alone(published)


def current_umask():
    umask = os.umask(0)
    os.umask(umask)
    return umask


def test_a_full_disk_while_publishing(project, registers, published):
    """The results lie on the full disk, beside what was published last."""
    small = project / "small"
    small.mkdir()
    inside = in_namespace(
        f"mount -t tmpfs -o size=300k,mode=700 tmpfs {small}",
        f"cp -p {published} {small}/",
        "trap 'ls small > left; cmp small/vfm.duckdb vfm.duckdb' EXIT",
    )
    inside[4] = inside[4].replace('exec "$@"', '"$@"')
    ended = end(start(project, registers, inside=inside, VFM_RESULTS="small/vfm.duckdb"))
    refused(ended, "No room is left to write to the results folder", "set VFM_RESULTS to another place")
    assert (project / "left").read_text() == "vfm.duckdb\n"


def test_a_file_that_may_not_grow_while_publishing(project, registers, published):
    ended = end(start(project, registers, before=PUBLISH_WITHOUT_ROOM))
    refused(ended, "No room is left to write to the results folder")
    alone(published)


def bound_by_permissions():
    """A command that runs another so that permissions bind it, which they do not root."""
    if os.geteuid():
        return []
    without = "-dac_override,-dac_read_search"
    inside = ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}"]
    if not shutil.which("setpriv") or subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("permissions do not bind root, and setpriv is not there to change that")
    return inside


@pytest.mark.parametrize(("folder", "what"), [("no_build", "build"), ("no_results", "results")])
def test_no_permission_to_write(project, registers, published, folder, what):
    closed = project / folder
    closed.mkdir()
    name = {"build": "", "results": "/vfm.duckdb"}[what]
    if what == "results":
        shutil.copy2(published, closed)
    closed.chmod(0o500)
    inside = bound_by_permissions()
    # the build folder is made one's own alone again, and its parent is not: so a folder in it is asked for
    asked = folder + ("/build" if what == "build" else name)
    ended = end(start(project, registers, inside=inside, **{f"VFM_{what.upper()}": asked}))
    if what == "build":
        refused(ended, "The build folder no_build/build cannot be written to (Permission denied)")
    else:
        status, said = ended
        refused((status, said), "The results folder", "no_results cannot be written to (Permission denied)")
        assert [path.name for path in closed.iterdir()] == ["vfm.duckdb"]
        assert digest(closed / "vfm.duckdb") == digest(published)
    closed.chmod(0o700)


def test_killed_in_the_middle_of_a_model(project, registers, published, paused):
    """dbt ends with the build, what it spilled is removed, and the next build makes it all anew."""
    process = start(project, registers, TEST_PAUSE=str(paused.folder))
    dbt = paused.reached()
    spill = project / "build/spill/duckdb_temp_storage_DEFAULT-0.tmp"
    spill.parent.mkdir(exist_ok=True)
    spill.write_bytes(b"rows of persons")
    process.kill()
    process.communicate()
    assert gone(dbt)
    assert digest(published) == hashlib.sha256(b"what was published last").hexdigest()
    alone(published)
    status, said = end(start(project, registers, VFM_RESULTS="next/vfm.duckdb"))
    assert (status, said) == (0, [])
    assert not spill.exists()


def test_killed_while_publishing_and_a_second_build_meanwhile(project, registers, paused):
    results = project / "vfm.duckdb"
    results.write_bytes(b"damaged")
    process = start(project, registers, before=PUBLISH_PAUSED.format(folder=str(paused.folder)))
    paused.reached()
    status, said = end(start(project, registers))
    assert status == 1
    assert said[0].startswith(f"Another build (process {process.pid}, user ")
    assert "is at work in build" in said[0]
    process.kill()
    process.communicate()
    assert results.read_bytes() == b"damaged"
    assert len(list(project.glob("vfm.duckdb.*.new"))) == 1, "it was killed while it wrote"
    builds(project, registers)
    results.unlink()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end(project, registers, published, paused, number):
    before = signal.signal(number, signal.SIG_DFL)  # in the background SIGINT is ignored
    process = start(project, registers, TEST_PAUSE=str(paused.folder))
    signal.signal(number, before)
    dbt = paused.reached()
    process.send_signal(number)
    status, said = end(process)
    assert status == 128 + number
    assert said[-1].startswith("Interrupted. Nothing was published; the results of 2023-11-1")
    assert "Traceback" not in "".join(said)
    assert gone(dbt)
    alone(published)
    with open(project / "build/lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_nohup_is_heeded(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with machine.told_to_end():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_IGN, signal.SIG_DFL)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_part_of_a_register_gone_after_it_was_mounted(project, registers, published, paused):
    tiny_registers.write_part(registers, "dod", tiny_registers.columns()["dod"], part="part-1")
    process = start(project, registers, TEST_PAUSE=str(paused.folder))
    paused.reached()
    (registers / "dod/part-1.parquet").unlink()
    paused.go()
    refused(end(process), "register dod: part-1.parquet is gone: it was there when the build began")
    alone(published)


def test_a_register_that_was_cut_off_before(project, registers, published):
    part = registers / "bef/part-0.parquet"
    os.truncate(part, part.stat().st_size // 2)
    refused(end(start(project, registers)), "register bef: part-0.parquet is damaged, cut off or no Parquet")


def test_a_register_that_may_not_be_read(project, registers, published):
    (registers / "bef/part-0.parquet").chmod(0)
    ended = end(start(project, registers, inside=bound_by_permissions()))
    refused(ended, "register bef: part-0.parquet may not be read: get permission")


def test_a_damaged_warehouse_and_a_damaged_published_file(project, registers):
    warehouse, results = project / "build/warehouse.duckdb", project / "vfm.duckdb"
    results.write_bytes(b"damaged")
    warehouse.parent.mkdir(exist_ok=True)
    warehouse.write_bytes(b"damaged")
    status, said = end(start(project, registers))
    assert status == 1
    assert said[0].startswith("build/warehouse.duckdb cannot be opened")
    assert said[0].endswith("Remove it with make clean.")
    assert results.read_bytes() == b"damaged"
    warehouse.unlink()
    builds(project, registers)
    results.unlink()


def test_results_that_are_a_folder_are_refused_at_once(project, registers):
    (project / "a_folder").mkdir()
    status, said = end(start(project, registers, VFM_RESULTS="a_folder", VFM_BUILD="not_begun"))
    assert status == 1
    assert "a_folder is a folder: set VFM_RESULTS to the file to publish." in said[0]
    assert not (project / "not_begun").exists()


def refusal(*said, folder):
    return machine.refusal(list(said), folder, "build", folder / "spill")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("IO Error: Could not write file \"x\": No space left on device", "No room is left"),
        ("OSError: [Errno 122] Disk quota exceeded: 'x'", "No room is left"),
        ("Out of Memory Error: could not allocate block of size 256.0 KiB", "Memory ran out"),
        ("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 3 GiB", "Memory ran out"),
        ("IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2",
         "build/warehouse.duckdb is damaged"),
        ('IO Error: Cannot open file "/r/bef/b.parquet": Permission denied',
         "register bef: b.parquet may not be read"),
        ('Invalid Input Error: Failed to read file "/r/bef/b.parquet": ZSTD Decompression failure',
         "register bef: b.parquet is damaged"),
        ("don't know what type: ", "A Parquet file of the registers is damaged inside"),
    ],
)  # fmt: skip
def test_what_duckdb_says_is_recognised(tmp_path, text, said):
    assert refusal("something else", text, folder=tmp_path).startswith(said)


def test_what_is_no_fault_of_the_machine_is_left_alone(tmp_path):
    said = ["Binder Error: no column x in read_parquet(['/r/bef/b.parquet'])", "test t: Got 3 results"]
    assert refusal(*said, folder=tmp_path) is None


def test_dbt_that_is_killed_is_said_to_be(project, registers, published, paused):
    process = start(project, registers, TEST_PAUSE=str(paused.folder))
    os.kill(paused.reached(), signal.SIGKILL)
    refused(end(process), "dbt was killed (signal 9)")
    alone(published)


def test_no_network_is_asked_for(project, registers, tmp_path):
    """Python's sockets refuse and none is tried; where this machine lets us there is no network at all."""
    tried = tmp_path / "tried"
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "def refuse(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto', 'urllib.Request'):\n"
        f"        open({str(tried)!r}, 'a').write(f'{{event}} {{arguments}}\\n')\n"
        "        raise OSError('no network')\n"
        "sys.addaudithook(refuse)\n"
    )
    path = f"{tmp_path}{os.pathsep}{PROJECT}"
    proof = [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"]
    subprocess.run(proof, env=os.environ | {"PYTHONPATH": path}, capture_output=True)
    assert "socket" in tried.read_text(), "the refusal itself works"
    tried.unlink()
    works = (
        shutil.which("unshare")
        and not subprocess.run(["unshare", "-Urn", "true"], capture_output=True).returncode
    )
    builds(project, registers, inside=["unshare", "-Urn"] if works else [], PYTHONPATH=path)
    assert not tried.exists(), tried.read_text()
    (project / "vfm.duckdb").unlink()


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            duckdb.IOException(
                'IO Error: Could not set lock on file "/b/warehouse.duckdb": Conflicting lock is held in '
                "/usr/bin/python3.11 (PID 4711) by user jens. See also https://duckdb.org/docs"
            ),
            "build/warehouse.duckdb is held by python3.11 (process 4711, user jens): close it there",
        ),
        (OSError(5, "Input/output error", "/a/file123456"), "[Errno 5] Input/output error: '/a/file123456'"),
        (duckdb.ConstraintException('Duplicate key "p: 1"'), "Duplicate key (value not shown)"),
    ],
)
def test_what_fails_outside_dbt_is_one_sentence_too(monkeypatch, capsys, tmp_path, problem, said):
    """As where someone opens the warehouse between the end of dbt and publishing."""

    def fails(*_, **__):
        raise problem

    monkeypatch.setattr(build, "build", fails)
    for name in ("VFM_BUILD", "VFM_RESULTS"):
        monkeypatch.delenv(name, raising=False)
    assert build.main(["--project-dir", str(tmp_path)]) == 1
    told = capsys.readouterr().err.strip().splitlines()
    assert told[0].startswith(said)
    assert told[1:] == ["Nothing was published; there is no vfm.duckdb yet."]
