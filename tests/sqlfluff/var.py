"""Stands in for dbt's var() while sqlfluff renders a model: the variables of dbt_project.yml."""

import sys
from pathlib import Path
from types import ModuleType

from vfm.warehouse.yaml_files import read_yaml

PROJECT = Path(__file__).resolve().parents[2]
VARIABLES = read_yaml(PROJECT / "dbt_project.yml")["vars"]


class Var(ModuleType):
    """sqlfluff hands modules to Jinja, and var is called."""

    def __call__(self, name, default=None):
        """Return the variable's value in dbt_project.yml."""
        return VARIABLES.get(name, default)


sys.modules[__name__].__class__ = Var
