"""make bundle: what a platform needs is packed, and installs without network; a trouble is one sentence."""

import importlib.util
import json
import os
import subprocess
import sys
import zipfile

import pytest

from vfm.bundle import __main__ as command
from vfm.bundle import archive, packages
from vfm.warehouse import provenance
from vfm.warehouse.machine import BuildError

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
LOCK = """tiny==1.0 \\
    --hash=sha256:00
    # via thing
other[extra]==2.0 \\
    --hash=sha256:11 \\
    --hash=sha256:22
"""
#: Stands in for pip: makes wheels, but "source" has none until it is built, and "native" is not pure Python.
PIP = """
import re, sys, zipfile
from pathlib import Path
words = sys.argv[1:]
folder = Path(words[words.index("--dest" if "download" in words else "--wheel-dir") + 1])
folder.mkdir(exist_ok=True)
for line in Path(words[-1]).read_text().splitlines():
    name, version = re.match(r"([a-z-]+)==([0-9.]+)", line).groups() if "==" in line else (None, None)
    if name is None:
        continue
    if name in ("native", "source") and "download" in words:
        sys.exit(f"ERROR: No matching distribution found for {name}=={version}")
    tag = "cp311-cp311-linux_x86_64" if name == "native" else "py3-none-any"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = '{version}'",
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: {tag}\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
"""
BACKEND = """
import zipfile
from pathlib import Path

def build_editable(folder, config_settings=None, metadata_directory=None):
    info, here = "project-1.0.dist-info", Path(__file__).parent
    files = {
        "project.pth": str(here),
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: project\\nVersion: 1.0\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(Path(folder) / "project-1.0-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return "project-1.0-py3-none-any.whl"
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "project"
version = "1.0"
"""


def pin(name, version="1.0"):
    return packages.Pin(name, version, f"{name}=={version}")


@pytest.fixture
def project(tmp_path):
    """A project of its own under git."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in (("pyproject.toml", PROJECT), ("backend.py", BACKEND), ("requirements.lock", LOCK)):
        (folder / name).write_text(text, encoding="utf-8")
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "project"]):
        subprocess.run([*git, *words], check=True)
    return folder


@pytest.fixture
def bundle(project, tmp_path, monkeypatch):
    """Write a bundle of that project and packages; returns the archive."""
    script = tmp_path / "pip.py"
    script.write_text(PIP, encoding="utf-8")

    def write(*names, platforms=("linux",)):
        monkeypatch.setattr(archive, "needed", lambda pinned, python, platform: [pin(name) for name in names])
        return archive.write_bundle(
            tmp_path / "out", [PYTHON], platforms, project=project, pip=[sys.executable, str(script)]
        )

    return write


def unpacked(path, folder):
    """The folder that lies in an archive, elsewhere."""
    with zipfile.ZipFile(path) as packed:
        packed.extractall(folder)
    return folder / "value_for_money"


def installed(folder):
    """Run install.py without a network; returns the finished process."""
    without = ["unshare", "-n"] if os.geteuid() == 0 else []
    return subprocess.run(
        [*without, sys.executable, "install.py"], cwd=folder, capture_output=True, text=True, timeout=300
    )


def test_a_bundle_installs_without_network_and_knows_its_commit(bundle, tmp_path):
    path = bundle("tiny", "source")
    folder = unpacked(path, tmp_path / "server with spaces")
    done = installed(folder)
    assert done.returncode == 0, done.stderr
    assert "vfm build" in done.stdout.splitlines()[-1]
    python = folder / ".venv/bin/python"
    said = subprocess.run(
        [python, "-c", "import tiny, source, backend; print(tiny.VERSION)"], capture_output=True, text=True
    )
    assert said.stdout == "1.0\n", said.stderr
    commit = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))["commit"]
    assert provenance.git_commit(folder) == commit and commit[:10] in path.name
    (folder / "backend.py").write_text("changed", encoding="utf-8")
    assert provenance.git_commit(folder) == f"{commit}+changes"


def test_a_damaged_archive_is_named(bundle, tmp_path):
    folder = unpacked(bundle("tiny"), tmp_path / "server")
    wheel = next((folder / "wheels").iterdir())
    wheel.write_bytes(wheel.read_bytes()[:-1])
    assert installed(folder).stderr == (
        f"File wheels/{wheel.name} is not the one that was packed: "
        "unpack the archive anew, or have it copied again.\n"
    )
    wheel.unlink()
    assert f"File wheels/{wheel.name} of the bundle is missing" in installed(folder).stderr


def test_another_python_or_platform_is_refused(bundle, tmp_path):
    folder = unpacked(bundle("tiny", platforms=("win_amd64",)), tmp_path / "server")
    assert f"for Python {PYTHON} on win_amd64, and this is Python {PYTHON} on" in installed(folder).stderr
    about = {"commit": "x", "pythons": ["3.99"], "platforms": ["linux"]}
    (folder / "bundle.json").write_text(json.dumps(about), encoding="utf-8")
    assert "This bundle is for Python 3.99 on linux" in installed(folder).stderr


def test_a_package_without_a_wheel_is_named_and_nothing_is_left(bundle, tmp_path):
    with pytest.raises(BuildError, match="Package native 1.0 has no wheel for Python .* on linux"):
        bundle("tiny", "native")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_not_committed_is_not_left_out_in_silence(bundle, project):
    (project / "new.sql").write_text("select 1", encoding="utf-8")
    with pytest.raises(BuildError, match="Files that differ from it: 1 .for example new.sql"):
        bundle("tiny")


def test_a_folder_without_git_is_refused(tmp_path):
    with pytest.raises(BuildError, match="not a git repository"):
        archive.write_bundle(tmp_path / "out", [PYTHON], ["linux"], project=tmp_path)


def test_the_lock_is_read_with_its_hashes():
    found = packages.pins(LOCK)
    assert found["tiny"].lines == "tiny==1.0 \\\n    --hash=sha256:00"
    assert found["other"].version == "2.0" and found["other"].lines.count("--hash") == 2


@pytest.mark.parametrize("platform", packages.PLATFORMS)
def test_the_project_needs_what_it_runs_on_and_no_tool_of_development(platform):
    pinned = packages.pins((packages_lock()).read_text(encoding="utf-8"))
    names = {each.name for each in packages.needed(pinned, "3.12", platform)}
    assert {"duckdb", "dbt-core", "lifelines", "setuptools"} <= names
    assert not names & {"pytest", "ruff", "hypothesis", "sqlfluff", *packages.UNUSED}
    assert all("--hash=sha256:" in each.lines for each in packages.needed(pinned, "3.12", platform))
    del pinned["duckdb"]
    with pytest.raises(
        BuildError, match="Package duckdb is needed on .* and requirements.lock does not pin it"
    ):
        packages.needed(pinned, "3.12", platform)


def packages_lock():
    return archive.PROJECT / archive.LOCK


def test_on_windows_no_step_calls_anything_but_python(bundle, tmp_path, monkeypatch):
    folder = unpacked(bundle("tiny", platforms=("win_amd64",)), tmp_path / "server")
    spec = importlib.util.spec_from_file_location("bundled_install", folder / "install.py")
    install = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(install)
    called = []

    def run(words, **options):
        called.append(words)
        return subprocess.CompletedProcess(words, 0, b"")

    monkeypatch.setattr(install, "ON_WINDOWS", True)
    monkeypatch.setattr(install.platform, "system", lambda: "Windows")
    monkeypatch.setattr(install.platform, "machine", lambda: "AMD64")
    monkeypatch.setattr(install.subprocess, "run", run)
    install.main()
    assert len(called) == 3 and called[0][0] == sys.executable
    assert all(words[0].endswith(os.path.join("Scripts", "python.exe")) for words in called[1:])


@pytest.mark.parametrize(
    "words, says",
    [
        (["--python", "3.9"], "PYTHON is 3.9: give a version from 3.11 on"),
        (["--platform", "win32"], "PLATFORM is win32: give one or more of linux, win_amd64"),
    ],
)
def test_what_cannot_be_bundled_is_refused(words, says, capsys):
    with pytest.raises(SystemExit):
        command.main(words)
    assert says in capsys.readouterr().err
