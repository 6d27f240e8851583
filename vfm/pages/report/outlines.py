"""The municipalities' true outlines, from a GeoJSON file of the user's."""

import json
from math import cos, radians
from pathlib import Path

import pandas as pd

from vfm.pages.report.tables import ReportError, is_missing

PROPERTIES = ("municipality_code", "kommunekode", "komkode", "kode", "lau_1", "code")
MIDDLE_LATITUDE = 56.0  # of Denmark: a degree of longitude is cos(56 degrees) of one of latitude


def read_outlines(path: Path | str, property_name: str | None = None) -> list[dict]:
    """Read outlines.

    Parameters
    ----------
    path : path
        GeoJSON with one feature or more for each municipality, in degrees or in metres.
    property_name : str, optional
        The property that holds the municipality's code; else the first of `PROPERTIES` that is there,
        whatever its case.

    Returns
    -------
    list of dict
        {'code': three digits, 'geometry': GeoJSON geometry on a plane}.

    Raises
    ------
    ReportError
        If the file cannot be read, or no feature has a code.
    """
    try:
        features = json.loads(Path(path).read_text(encoding="utf-8"))["features"]
    except OSError as problem:
        raise ReportError(f"The outlines {path} cannot be read ({problem.strerror}).") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise ReportError(f"{path} is no GeoJSON file with a list of features.") from problem
    found = []
    for feature in features:
        code = _code(feature.get("properties") or {}, property_name)
        geometry = feature.get("geometry") or {}
        if code and geometry.get("type") in ("Polygon", "MultiPolygon"):
            found.append(
                {"code": code, "geometry": geometry | {"coordinates": _plane(geometry["coordinates"])}}
            )
    if not found:
        wanted = property_name or ", ".join(PROPERTIES)
        raise ReportError(
            f"{path}: no outline has a municipality code (looked for {wanted}); see --code-property."
        )
    return found


def with_values(outlines: list[dict], frame: pd.DataFrame) -> list[dict]:
    """Give each outline the values of its municipality.

    Raises
    ------
    ReportError
        If a municipality has no outline.
    """
    rows = {row["municipality_code"]: row for row in frame.to_dict("records")}
    missing = sorted(set(rows) - {outline["code"] for outline in outlines})
    if missing:
        raise ReportError(f"The outlines lack {len(missing)} municipalities, the first of them {missing[0]}.")
    return [
        {"type": "Feature", "geometry": outline["geometry"]}
        | {key: None if is_missing(value) else value for key, value in rows[outline["code"]].items()}
        for outline in outlines
        if outline["code"] in rows
    ]


def _code(properties, property_name):
    lower = {key.lower(): value for key, value in properties.items()}
    for name in [property_name.lower()] if property_name else PROPERTIES:
        if str(lower.get(name, "")).strip().isdigit():
            return f"{int(lower[name]):03d}"
    return None


def _plane(coordinates):
    """Put coordinates on a plane, rounded to what a screen shows."""
    if isinstance(coordinates[0], list):
        return [_plane(part) for part in coordinates]
    x, y = coordinates[:2]
    if abs(x) <= 180 and abs(y) <= 90:
        return [round(x * cos(radians(MIDDLE_LATITUDE)), 4), round(y, 4)]
    return [round(x), round(y)]
