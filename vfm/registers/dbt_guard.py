"""What dbt cannot see of a register folder; profiles/profiles.yml names it as a plugin."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from vfm.registers import parts
from vfm.warehouse.dbt_plugin import LOOKING, project_folder
from vfm.warehouse.paths import register_folder


class Plugin(BasePlugin):
    """Stop before anything is built where a part file would be left out in silence, or read twice."""

    def update_connection_config(self, creds: Any, config: dict) -> None:
        """Look through the register folder.

        Parameters
        ----------
        creds : DuckDBCredentials
        config : dict
            DuckDB settings; they stay as they are.

        Raises
        ------
        DbtRuntimeError
            One sentence for each fault.
        """
        if creds.path == ":memory:" or get_flags().WHICH in LOOKING:
            return
        sentences = [sentence for _, sentence in parts.faults(register_folder(project_folder()))]
        if sentences:
            raise DbtRuntimeError("\n".join(sentences))
