"""What plain dbt needs before DuckDB opens the warehouse; profiles/profiles.yml names it as a plugin."""

import os
from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin

OWNER_ONLY = 0o077

# one thread of linear algebra per process: the same sums on every machine; set before numpy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class Plugin(BasePlugin):
    """Make the build folder and keep it to its owner, since the warehouse holds person-level rows."""

    def update_connection_config(self, creds, config):
        """Create the folder (0700); the umask makes what follows 0600.

        Parameters
        ----------
        creds : DuckDBCredentials
            Its `path` is the warehouse.
        config : dict
            DuckDB settings; left as they are.
        """
        if creds.path == ":memory:":
            return
        os.umask(OWNER_ONLY)
        warehouse = Path(creds.path)
        if not warehouse.parent.exists():
            warehouse.parent.mkdir(mode=0o700, parents=True)
        if warehouse.exists() and warehouse.stat().st_uid == os.getuid():
            warehouse.chmod(0o600)
