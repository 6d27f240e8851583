"""When this build was made, from which commit and from which registers."""

from vfm import provenance


def model(dbt, session):
    """Return one row."""
    return provenance.build_info()
