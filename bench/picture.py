"""make picture: write docs/page.png, the head of the English page and its map, for the README."""

import sys

from vfm.pages.report.page import FILES, is_synthetic
from vfm.pages.report.tables import ReportError, read_results
from vfm.warehouse.paths import PROJECT, Paths

PROJECT = PROJECT
sys.path.insert(0, str(PROJECT / "tests/support"))
import chromium  # noqa: E402

TO = PROJECT / "docs/page.png"
WIDTH, LARGEST = 1080, 300_000  # pixels, bytes
SHOWN = ".top, .lead, #chapter-benchmark, #figure_3_1"
# what stands between the head and the map is left out of the picture; nothing is drawn anew
CROP = """
  document.querySelectorAll('.chooser, .contents, main > section, #chapter-benchmark > *, footer, details')
    .forEach((each) => { if (!each.matches('%s')) each.style.display = 'none'; });
  document.querySelector('#chapter-benchmark').style.padding = '0 0 1.5rem';
  document.querySelector('#figure_3_1').style.marginTop = '.5rem';
"""


def main():
    """Take the picture of the page that make report has written.

    Returns
    -------
    int
        0, or 1 after one sentence on standard error.
    """
    page = PROJECT / "report" / FILES["en"]
    try:
        if chromium.program() is None:
            raise ReportError("There is no Chromium here: Debian's package chromium has it.")
        if not page.exists():
            raise ReportError("There is no report/en.html: make report writes it.")
        if not is_synthetic(read_results(Paths.from_environment(PROJECT).results).build):
            raise ReportError("The results are not synthetic: their picture does not belong in the README.")
        with chromium.Browser() as browser:
            browser.open(page, WIDTH)
            browser.run(CROP % SHOWN)
            browser.run("window.dispatchEvent(new Event('resize'))")
            picture = browser.picture(height="document.querySelector('main').getBoundingClientRect().bottom")
        if len(picture) > LARGEST:
            raise ReportError(f"The picture would have {len(picture):,} bytes, more than {LARGEST:,}.")
    except ReportError as problem:
        print(problem, file=sys.stderr)
        return 1
    TO.write_bytes(picture)
    print(f"{TO.relative_to(PROJECT)}  {len(picture) / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
