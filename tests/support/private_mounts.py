"""Mounts that one process sees: full disks and read-only folders for tests, without the rights of root."""

import shutil
import subprocess

import pytest


def in_namespace(*commands):
    """A command that runs another where these mounts are made, or skip where this machine does not let us."""
    inside = ["unshare", "-Urm", "sh", "-ec", "\n".join([*commands, 'exec "$@"']), "sh"]
    tried = (
        subprocess.run([*inside, "true"], capture_output=True, text=True) if shutil.which("unshare") else None
    )
    if tried is None or tried.returncode:
        pytest.skip("no private mounts here: " + (tried.stderr.strip() if tried else "no unshare"))
    return inside
