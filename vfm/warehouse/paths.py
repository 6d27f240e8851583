"""Where the project lies, and where a build reads and writes."""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_STUDY = "kora_2017"


def study_name() -> str:
    """Return the name of the study in force: $VFM_STUDY, or the report's."""
    return os.environ.get("VFM_STUDY") or DEFAULT_STUDY


@dataclass(frozen=True)
class Paths:
    """Where a build reads and writes; all absolute."""

    project: Path
    build: Path
    results: Path

    @classmethod
    def from_environment(cls, project: str | Path) -> "Paths":
        """Take $VFM_BUILD and $VFM_RESULTS, relative ones from the project's root.

        Without them another study than kora_2017 has files of its own: build_<study> and vfm_<study>.duckdb.
        """
        project, own = Path(project).resolve(), study_name()
        suffix = "" if own == DEFAULT_STUDY else f"_{own}"
        return cls(
            project=project,
            build=project / (os.environ.get("VFM_BUILD") or f"build{suffix}"),
            results=project / (os.environ.get("VFM_RESULTS") or f"vfm{suffix}.duckdb"),
        )

    @property
    def warehouse(self) -> Path:
        """The file dbt builds into."""
        return self.build / "warehouse.duckdb"

    @property
    def target(self) -> Path:
        """dbt's manifest, run results and compiled SQL."""
        return self.build / "target"

    @property
    def logs(self) -> Path:
        """dbt's full log."""
        return self.build / "logs"

    def short(self, path: Path) -> str:
        """Name a path as a person in the project's root would."""
        return str(path.relative_to(self.project)) if path.is_relative_to(self.project) else str(path)


def register_folder(project: Path = PROJECT) -> Path:
    """Return the folder of the registers, $VFM_REGISTERS or seeds/registers, from the project's root."""
    return project / (os.environ.get("VFM_REGISTERS") or "seeds/registers")


def accounts_folder(project: Path = PROJECT) -> Path:
    """Return the folder of the accounts and the labour market, $VFM_STATBANK or seeds/statbank."""
    return project / (os.environ.get("VFM_STATBANK") or "seeds/statbank")
