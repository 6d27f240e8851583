"""Every link of a Markdown page leads to a file and a heading that exist; every page of docs/ is linked."""

import re
from pathlib import Path

import pytest

from vfm.warehouse.paths import PROJECT

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("tests/**/*.md")])
LINK = re.compile(r"\]\((?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")
ELSEWHERE = ("http://", "https://", "#!/")  # #!/ is an address inside the page that make docs writes


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def links(page: Path) -> list[tuple[Path, str]]:
    """Return the file and the anchor that each link of a page leads to, links to the web left out."""
    targets = [link["target"] for link in LINK.finditer(prose(page))]
    split = [target.partition("#") for target in targets if not target.startswith(ELSEWHERE)]
    return [((page.parent / file).resolve() if file else page, anchor) for file, _, anchor in split]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: its headings as GitHub names them, and those written as HTML."""
    text = prose(page)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return {*plain, *re.findall(r'<a id="([\w-]+)">', text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page):
    missing = [str(file) for file, _ in links(page) if not file.exists()]
    assert not missing
    lost = [f"{file.name}#{anchor}" for file, anchor in links(page) if anchor and anchor not in anchors(file)]
    assert not lost


def test_every_page_of_docs_can_be_found():
    linked = {file for page in PAGES for file, _ in links(page) if file != page}
    assert not [page.name for page in PROJECT.glob("docs/*.md") if page not in linked]


def test_every_test_that_a_page_names_exists():
    files = {path.name: path.read_text(encoding="utf-8") for path in PROJECT.glob("tests/*/test_*.py")}
    tests = re.findall(r"^def (test_\w+)", "\n".join(files.values()), re.MULTILINE)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"\btest_\w+\.py\b", text)) <= files.keys(), page.name
        chosen = [quoted or plain for quoted, plain in re.findall(r'-k (?:"([^"]+)"|(\w+))', text)]
        words = {word for choice in chosen for word in choice.split(" or ")}
        assert not [word for word in words if not any(word in name for name in tests)], page.name
