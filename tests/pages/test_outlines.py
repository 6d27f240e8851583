"""Outlines as programs save them: read right, or refused in one sentence that names the feature."""

import json

import pytest

from vfm.pages.report import outlines
from vfm.pages.report.tables import ReportError

RING = [[12.0, 55.0], [12.1, 55.0], [12.1, 55.1], [12.0, 55.0]]


def feature(code="101", kind="Polygon", coordinates=(RING,)):
    geometry = {"type": kind, "coordinates": list(coordinates)}
    return {"type": "Feature", "properties": {"kode": code}, "geometry": geometry}


def read(tmp_path, features, prefix=b"", encoding="utf-8"):
    path = tmp_path / "o.geojson"
    path.write_bytes(prefix + json.dumps({"features": features}).encode(encoding))
    return outlines.read_outlines(path)


@pytest.mark.parametrize("code", ["101", "0101", " 101 ", 101, 101.0, "101.0", "101."])
def test_a_code_is_read_however_it_was_saved(tmp_path, code):
    assert [found["code"] for found in read(tmp_path, [feature(code)])] == ["101"]


def test_a_byte_order_mark_changes_nothing(tmp_path):
    assert read(tmp_path, [feature()], b"\xef\xbb\xbf") == read(tmp_path, [feature()])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (feature(coordinates=()), "feature 2, municipality 101, has an empty list in its coordinates"),
        (feature(coordinates=([],)), "has an empty list"),
        (feature(coordinates=([[]],)), "has an empty list"),
        (feature(kind="MultiPolygon"), "has something else than lists"),
        (feature(kind="MultiPolygon", coordinates=([],)), "has an empty list"),
        (feature(coordinates=("text",)), "has something else than lists"),
        (feature(coordinates=([["12", "55"]],)), "has something else than two numbers for a point"),
        (feature(coordinates=([[12.0]],)), "has something else than two numbers"),
        (feature(coordinates=([[float("nan"), 55.0]],)), "has something else than two numbers"),
        (feature(coordinates=([[RING]],)), "has something else than two numbers"),
    ],
)
def test_an_outline_that_is_none_is_named(tmp_path, changed, words):
    with pytest.raises(ReportError) as refused:
        read(tmp_path, [feature("147"), changed])
    assert words in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content", [b"[]", b'{"features": 3}', b'{"features": ["a"]}', "{}".encode("utf-16"), b"\xff"]
)
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "o.geojson").write_bytes(content)
    with pytest.raises(ReportError, match="is no GeoJSON file in UTF-8 with a list of features"):
        outlines.read_outlines(tmp_path / "o.geojson")


@pytest.mark.parametrize("code", [None, True, "", "A101", 1.5, "12345", float("nan")])
def test_what_is_no_code_is_passed_over(tmp_path, code):
    assert len(read(tmp_path, [feature("147"), feature(code)])) == 1


@pytest.mark.parametrize(
    "odd", [{}, {"geometry": None}, {"properties": [], "geometry": []}, {"properties": None}]
)
def test_a_feature_without_an_outline_is_passed_over(tmp_path, odd):
    assert len(read(tmp_path, [feature("147"), odd])) == 1
