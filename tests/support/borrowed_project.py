"""A project that is made of parts of the real one, so that a build takes seconds."""

import os
import shutil
import sys

import preloaded

from vfm.warehouse.paths import PROJECT

#: Three models, a rule, the sources and a seed, with all macros, generic tests and the profile.
SMALL_PROJECT = [
    "dbt_project.yml",
    "docs",
    "profiles",
    "profiles.yml",
    "macros",
    "models/groups.yml",
    "models/sources.yml",
    "models/staging/registers/stg_registers__permits.sql",
    "models/staging/registers/stg_registers__permits.yml",
    "models/staging/registers/stg_registers__ids.sql",
    "models/staging/registers/stg_registers__ids.yml",
    "models/staging/registers/stg_registers__population.sql",
    "models/staging/registers/stg_registers__population.yml",
    "python_models/meta/build_info.py",
    "python_models/meta/build_info.yml",
    "seeds/classifications/residence_grounds.csv",
    "seeds/classifications/residence_grounds.yml",
    "tests/generic",
    "tests/registers/ophg.sql",
]


def borrow(root, names):
    """Copy files and folders of the project, named from its root, into a folder; return the folder."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy2
        copy(PROJECT / name, root / name)
    return root


def make(project, registers):
    """Run python -m vfm.build; return its exit status and what it said on standard error."""
    environment = {
        "VFM_BUILD": "build",
        "VFM_RESULTS": "vfm.duckdb",
        "PYTHONPATH": str(PROJECT),
        "VFM_REGISTERS": str(registers),
    }
    ended = preloaded.run(
        [sys.executable, "-m", "vfm.build", "--project-dir", str(project)],
        env=os.environ | environment,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ended.returncode, ended.stdout, ended.stderr.strip().splitlines()
