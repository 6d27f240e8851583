"""make test ends with what was skipped: a green run must not hide what it left out."""

from closing_line import closing_line

CASE = '<testcase name="a">{}</testcase>'
SKIPPED = '<skipped type="pytest.skip" message="no chromium is installed"/>'


def report(tmp_path, *cases):
    path = tmp_path / "tests.xml"
    inside = "".join(CASE.format(case) for case in cases)
    path.write_text(f"<testsuites><testsuite>{inside}</testsuite></testsuites>", encoding="utf-8")
    return path


def test_all_passed(tmp_path):
    assert closing_line(report(tmp_path, "", "")) == "All tests passed."


def test_skipped_tests_are_counted_with_their_reason(tmp_path):
    said = closing_line(report(tmp_path, "", SKIPPED, SKIPPED))
    assert said == "The tests that ran passed, 2 were skipped: 2 because: no chromium is installed."
