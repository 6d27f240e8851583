"""Only a folder that a build has marked is closed to others, emptied or removed."""

import os
import subprocess
import sys

import pytest

from vfm.pages.release_pack import is_pack
from vfm.warehouse import build_folder
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT, Paths


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    for variable in build_folder.WRITTEN:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def paths(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    return Paths(project=project, build=tmp_path / "some where/build", results=project / "vfm.duckdb")


def mode(path):
    return path.stat().st_mode & 0o777


def shared(folder, *names):
    """A folder that others use, with these files."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    folder.chmod(0o755)


def test_a_new_folder_is_made_marked_and_closed(paths):
    build_folder.claim(paths)
    assert mode(paths.build) == 0o700
    assert mode(paths.build / build_folder.MARKER) == 0o600
    build_folder.claim(paths)


def test_an_empty_folder_is_taken(paths):
    shared(paths.build)
    build_folder.claim(paths)
    assert mode(paths.build) == 0o700


@pytest.mark.parametrize(
    "names",
    [
        ("report.docx",),
        ("warehouse.duckdb", "report.docx"),
        ("logs/app.log", "target/app.jar"),
        (".hidden",),
        ("other/warehouse.duckdb",),
        ("lock", "small/a"),
    ],
)
@pytest.mark.parametrize("what", [build_folder.claim, build_folder.clean])
def test_a_folder_of_others_is_refused_and_stays_as_it_was(paths, names, what):
    shared(paths.build, *names)
    with pytest.raises(BuildError, match=r"which holds other things \([12] names\) and is no build"):
        what(paths)
    assert mode(paths.build) == 0o755
    assert all((paths.build / name).exists() for name in names)
    assert not (paths.build / build_folder.MARKER).exists()


@pytest.mark.parametrize(
    "names",
    [
        ("warehouse.duckdb", "logs/dbt.log", "target/manifest.json", "lock", "docs.html", "sensitivity.json"),
        ("logs/dbt.log", "target/partial_parse.msgpack"),
        ("recovery/lock", "truth/persons.csv", "scale_10/registers/x"),
    ],
)
def test_the_build_of_an_earlier_version_is_known(paths, names):
    shared(paths.build, *names)
    build_folder.claim(paths)
    assert (paths.build / build_folder.MARKER).exists()
    build_folder.clean(paths)
    assert not paths.build.exists()


def test_what_only_looks_like_a_build_is_not_removed(paths):
    shared(paths.build, "logs/dbt.log", "small/thesis.txt")
    with pytest.raises(BuildError, match="which has no mark of a build"):
        build_folder.clean(paths)
    assert (paths.build / "small/thesis.txt").exists()


@pytest.mark.parametrize("where", ["", "..", "vfm/.."])
def test_the_project_itself_is_no_build_folder(paths, where):
    paths = Paths(project=paths.project, build=paths.project / where, results=paths.results)
    (paths.project / "vfm").mkdir()
    (paths.project / build_folder.MARKER).touch()
    for what in (build_folder.claim, build_folder.clean):
        with pytest.raises(BuildError, match="holds the project itself"):
            what(paths)


def test_a_file_in_its_place_is_said(paths):
    paths.build.parent.mkdir()
    paths.build.touch()
    with pytest.raises(BuildError, match="The build folder .* cannot be written to"):
        build_folder.claim(paths)


def test_of_a_link_only_what_it_leads_to_is_emptied(paths, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    paths.build.parent.mkdir()
    paths.build.symlink_to(disk)
    build_folder.claim(paths)
    (paths.build / "target").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (paths.build / "spill").symlink_to(outside)
    build_folder.clean(paths)
    assert list(disk.iterdir()) == []
    assert paths.build.is_symlink() and outside.exists()


@pytest.mark.parametrize("variable", build_folder.WRITTEN)
@pytest.mark.parametrize(
    ("text", "words"), [("~/build", "begins with ~"), ("a\nb", "line break"), ("~", "begins")]
)
def test_an_address_that_is_none_is_refused(paths, monkeypatch, variable, text, words):
    monkeypatch.setenv(variable, text)
    with pytest.raises(BuildError, match=f"{variable} .*{words}"):
        build_folder.claim(paths)
    assert not paths.build.exists()


def test_make_clean_removes_the_folder_that_is_named_and_no_other(tmp_path):
    """`VFM_BUILD="x/a b" make clean` once removed x/a."""
    for name in ("x/a", "x/b", "x/a b"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "kept").touch()
    (tmp_path / "x/a b" / build_folder.MARKER).touch()
    for name, status in (("x/a b", 0), ("x/a", 1), ("x/a*", 0), ("x/none", 0)):
        done = subprocess.run(
            [sys.executable, "-c", CLEAN, str(tmp_path)],
            env=os.environ | {"VFM_BUILD": str(tmp_path / name)},
            cwd=PROJECT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, (name, done.stderr)
    assert (
        "is no build of this project"
        in subprocess.run(
            [sys.executable, "-c", CLEAN, str(tmp_path)],
            env=os.environ | {"VFM_BUILD": str(tmp_path / "x/a")},
            cwd=PROJECT,
            capture_output=True,
            text=True,
        ).stderr
    )
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("kept")) == [
        "x/a/kept",
        "x/b/kept",
    ]


#: make clean on another project's folder, so that the caches of this one stay.
CLEAN = """
import sys
from pathlib import Path
from vfm.warehouse import build_folder
build_folder.PROJECT = Path(sys.argv[1])
sys.exit(build_folder.main())
"""


def test_a_folder_of_results_alone_is_no_release_pack(tmp_path):
    assert is_pack(tmp_path)
    (tmp_path / "results_2025.duckdb").touch()
    assert not is_pack(tmp_path)
    (tmp_path / "fingerprints.csv").touch()
    assert is_pack(tmp_path)
    (tmp_path / "results_2026.duckdb").touch()
    assert not is_pack(tmp_path)
