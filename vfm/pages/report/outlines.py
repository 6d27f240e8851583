"""The municipalities' true outlines, from a GeoJSON file of the user's."""

import json
import re
from math import cos, isfinite, radians
from pathlib import Path

import pandas as pd

from vfm.pages.report.tables import ReportError, is_missing

CODE = re.compile(r"([0-9]{1,4})([.]0*)?")
PROPERTIES = ("municipality_code", "kommunekode", "komkode", "kode", "lau_1", "code")
DEPTHS = {"Polygon": 3, "MultiPolygon": 4}  # lists around a number
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
        If the file cannot be read, no feature has a code, or an outline is empty or no outline.
    """
    try:
        features = json.loads(Path(path).read_text(encoding="utf-8-sig"))["features"]
        if not isinstance(features, list) or not all(isinstance(each, dict) for each in features):
            raise TypeError("features")
    except OSError as problem:
        raise ReportError(f"The outlines {path} cannot be read ({problem.strerror}).") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise ReportError(f"{path} is no GeoJSON file in UTF-8 with a list of features.") from problem
    found = []
    for number, feature in enumerate(features, 1):
        properties, geometry = (feature.get(part) for part in ("properties", "geometry"))
        if not isinstance(properties, dict) or not isinstance(geometry, dict):
            continue
        code = _code(properties, property_name)
        if code and geometry.get("type") in DEPTHS:
            try:
                coordinates = _plane(geometry.get("coordinates"), DEPTHS[geometry["type"]])
            except (TypeError, ValueError) as problem:
                raise ReportError(
                    f"{path}: feature {number}, municipality {code}, has {problem} in its coordinates. "
                    "Draw its outline again, or leave the feature out."
                ) from problem
            found.append({"code": code, "geometry": {"type": geometry["type"], "coordinates": coordinates}})
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
    """The code in three digits, also where it was saved as the number 101.0."""
    lower = {key.lower(): value for key, value in properties.items()}
    for name in [property_name.lower()] if property_name else PROPERTIES:
        found = CODE.fullmatch(str(lower.get(name, "")).strip())
        if found:
            return f"{int(found[1]):03d}"
    return None


def _plane(coordinates, depth):
    """Put coordinates on a plane, rounded to what a screen shows; an error says what they are instead."""
    if not isinstance(coordinates, list) or not coordinates:
        raise ValueError("an empty list" if coordinates == [] else "something else than lists")
    if depth > 1:
        return [_plane(part, depth - 1) for part in coordinates]
    if (
        not all(isinstance(each, (int, float)) and isfinite(each) for each in coordinates)
        or len(coordinates) < 2
    ):
        raise ValueError("something else than two numbers for a point")
    x, y = coordinates[:2]
    if abs(x) <= 180 and abs(y) <= 90:
        return [round(x * cos(radians(MIDDLE_LATITUDE)), 4), round(y, 4)]
    return [round(x), round(y)]
