"""make report: write report/index.html (Danish) and report/en.html (English) from the published results."""

import argparse
import os
import sys
import time
from pathlib import Path

from vfm.pages.report import outlines
from vfm.pages.report.page import FILES, LARGEST_PAGE, drawing_library, page_html
from vfm.pages.report.tables import ReportError, Results, read_results
from vfm.pages.writing import replace_whole
from vfm.privacy import leaks
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, Paths, study_name


def write_pages(
    results: Results, folder: Path, geojson: list[dict] | None = None, warehouse: Path | None = None
) -> list[Path]:
    """Write both pages; each is put in place whole.

    Parameters
    ----------
    results : Results
    folder : Path
        Made where it is not there.
    geojson : list of dict, optional
    warehouse : Path, optional
        Where it is there, the pages are compared with the ids in it.

    Returns
    -------
    list of Path

    Raises
    ------
    ReportError
        If a page grows too large, holds an id of a person, or cannot be written.
    """
    pages = {folder / name: page_html(results, language, geojson) for language, name in FILES.items()}
    for path, page in pages.items():
        size = len(page.encode())
        if size > LARGEST_PAGE:
            hint = "Give coarser outlines." if geojson else "Its charts hold more than they should."
            raise ReportError(
                f"{path.name} would have {size / 1e6:.1f} MB, more than {LARGEST_PAGE / 1e6:.0f}. {hint}"
            )
    texts = {path.name: page for path, page in pages.items()}
    try:
        if warehouse:
            leaks.refuse_ids(texts, warehouse, code=drawing_library())
        folder.mkdir(parents=True, exist_ok=True)
        for path, page in pages.items():
            replace_whole(path, page.encode())
    except leaks.LeakError as problem:
        raise ReportError(str(problem)) from problem
    except OSError as problem:
        raise ReportError(f"The pages cannot be written to {folder} ({problem.strerror}).") from problem
    return list(pages)


def main(arguments: list[str] | None = None) -> int:
    """Run make report.

    Returns
    -------
    int
        0, or 1 after one sentence on standard error.
    """
    parser = argparse.ArgumentParser(prog="python -m vfm.pages.report", description=__doc__)
    own = "" if study_name() == DEFAULT_STUDY else f"_{study_name()}"
    parser.add_argument("--to", default=f"report{own}", help="the folder of the pages")
    parser.add_argument(
        "--geojson",
        default=os.environ.get("VFM_GEOJSON") or None,
        help="true outlines for the map, $VFM_GEOJSON by default",
    )
    parser.add_argument(
        "--code-property",
        default=os.environ.get("VFM_GEOJSON_CODE") or None,
        help="the outlines' property with the municipality's code",
    )
    chosen = parser.parse_args(arguments)
    paths, started = Paths.from_environment(PROJECT), time.monotonic()
    try:
        results = read_results(paths.results, paths.short(paths.results))
        geojson = outlines.read_outlines(chosen.geojson, chosen.code_property) if chosen.geojson else None
        pages = write_pages(results, paths.project / chosen.to, geojson, paths.warehouse)
    except ReportError as problem:
        print(problem, file=sys.stderr)
        return 1
    for page in pages:
        print(f"{paths.short(Path(page))}  {page.stat().st_size / 1e6:.1f} MB")
    if not paths.warehouse.exists():
        print(f"Not compared with ids of persons, since there is no {paths.short(paths.warehouse)}.")
    print(f"Written in {time.monotonic() - started:.1f} s; the data is: {results.build['data_origin']}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
