"""make import: turn a delivery of register files into the layout that the build reads."""

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO

from pyarrow.parquet import read_metadata

from vfm.registers import columns, conversion, formats, readers, sas
from vfm.registers.books import Books, ImportProgress, write_closing_table
from vfm.registers.contract import Register, read_contract, read_later_contract
from vfm.registers.conversion import Importer, MissingColumnsError
from vfm.registers.deliveries import (
    DATASETS,
    LATER,
    Delivered,
    UnclearNameError,
    describe,
    misnumbered,
    read_name,
    rename,
    select,
    with_layout,
)
from vfm.registers.readers import UnreadableFileError
from vfm.warehouse import dbt_sql, system
from vfm.warehouse.paths import PROJECT

try:
    import resource
except ImportError:  # Windows
    resource = None

SEE = "See docs/bad_input.md#import."


class ImportFailedError(Exception):
    """An import that could not begin; the argument is a sentence for a person."""


def find(
    delivery: Path, books: Books, importer: Importer
) -> tuple[dict[Delivered, Path], list[Delivered], dict[str, str], list[str]]:
    """List what a delivery holds, and what earlier ones held and is still used.

    Returns
    -------
    present : dict
        {Delivered: path} of the register files.
    remembered : list of Delivered
        Imported earlier and no longer there.
    not_used : dict
        {file: reason}.
    problems : list of str
    """
    present, not_used, problems = _look_through(delivery, importer)
    _tell_rivals_apart(present, importer)
    names = {file.file for file in present}
    remembered = []
    for (name, _), row in books.rows.items():
        if name not in names and books.used(name):
            file = None
            with suppress(UnclearNameError):
                file = describe(name, float(row["modified_at"] or 0), int(row["version"] or -1))
            if isinstance(file, Delivered):
                remembered.append(
                    replace(file, by_week=row["written"] == "dream/dream.parquet" and file.year is not None)
                )
    return present, remembered, not_used, problems


def _look_through(delivery, importer):
    """List a folder's register files, its other files, and what is wrong with their names."""
    present, not_used, problems = {}, {}, []
    for path in _files(delivery, problems):
        name = path.relative_to(delivery).as_posix()
        try:
            file = describe(name, path.stat().st_mtime if path.exists() else 0.0)
        except UnclearNameError as problem:
            problems.append(f"register {problem.args[0]}: {name} {problem.args[1]}. {SEE}")
            not_used[name] = "its name is not understood"
            continue
        if not path.is_file():
            what = "a link to nothing" if path.is_symlink() else "no file that can be read"
            said = read_name(path.name.lower()) if isinstance(file, str) else file
            if said:
                register = DATASETS.get(said.dataset, said.dataset)
                problems.append(f"register {register}: {name} is {what}: copy the file itself. {SEE}")
            not_used[name] = what
            continue
        if isinstance(file, str):
            not_used[name] = file
            continue
        if file.register == "dream":
            with suppress(UnreadableFileError):  # said when the file is read
                file = with_layout(file, importer.columns(file, path))
            if file.by_week and file.year is None:
                problems.append(f"register dream: {name} has columns y_01 to y_52 and no year in its name")
                continue
        present[file] = path
    for parts in misnumbered(present):
        names = " and ".join(sorted(file.file for file in parts)[:3])
        problems.append(
            f"register {parts[0].register}: {names} have numbers that do not run from 0 or 1. "
            f"Is a part missing, or is the number a year? C{rename(parts[0].dataset)[1:]}. {SEE}"
        )
        for file in parts:
            not_used[file.file] = "its number is not understood"
            del present[file]
    return present, not_used, problems


def _files(delivery, problems):
    """Files of a folder and of those that it links to, each folder once; say what may not be read."""

    def refused(problem):
        problems.append(f"delivery {delivery}: {problem.filename} may not be read. {SEE}")

    seen, found = set(), []
    for folder, inside, names in os.walk(delivery, onerror=refused, followlinks=True):
        inside[:] = [name for name in inside if not name.startswith(".")]
        real = os.path.realpath(folder)
        if real in seen:
            inside.clear()
            continue
        seen.add(real)
        found += [Path(folder) / name for name in names if not name.startswith(".")]
    return sorted(found)


def _tell_rivals_apart(present, importer):
    """Where two files hold the same period, and a name says no version, ask the files for it."""
    rivals = {}
    for file in present:
        rivals.setdefault((file.group, file.part, file.rank[:2]), []).append(file)
    for files in rivals.values():
        for file in files if len(files) > 1 else []:
            if file.version < 0:
                path = present.pop(file)
                present[replace(file, version=importer.version(file, path))] = path


def check_folders(delivery: Path, registers: Path) -> None:
    """Refuse folders that must not be read from or written to.

    Raises
    ------
    ImportFailedError
    """
    if not delivery.is_dir():
        raise ImportFailedError(
            f"delivery {delivery}: no such folder. Set FROM to the folder of the delivery. {SEE}"
        )
    if registers == delivery or registers.is_relative_to(delivery) or delivery.is_relative_to(registers):
        raise ImportFailedError(
            f"{registers} and the delivery {delivery} lie in each other: choose another folder. {SEE}"
        )
    synthetic = False
    with suppress(OSError, ValueError, AttributeError):
        synthetic = json.loads((registers / "origin.json").read_text(encoding="utf-8")).get(
            "synthetic", False
        )
    if synthetic or registers.is_relative_to(PROJECT / "seeds"):
        raise ImportFailedError(
            f"{registers} holds the synthetic registers, and a delivery is never mixed with them: "
            f"set VFM_REGISTERS (or TO) to a folder of its own. {SEE}"
        )
    strangers = sorted(registers.glob("*/*.parquet"))
    if strangers and not (registers / "manifest.csv").exists():
        raise ImportFailedError(
            f"{registers} holds registers that no import wrote, "
            f"such as {strangers[0].relative_to(registers)}: "
            f"set VFM_REGISTERS (or TO) to a folder of its own. {SEE}"
        )


def rules(register: Register) -> str:
    """Digest of everything that decides what a file becomes, so that new rules read it anew."""
    text = repr(register).encode()
    for name in ("casts", "part_readings"):
        text += (dbt_sql.MACROS / f"deliveries/{name}.sql").read_bytes()
    for module in (readers, formats, sas, columns, conversion):
        text += Path(module.__file__).read_bytes()
    return hashlib.sha256(text).hexdigest()[:12]


def import_delivery(delivery: str | Path, registers: str | Path, stream: TextIO = sys.stdout) -> list[str]:
    """Import a delivery.

    Parameters
    ----------
    delivery : path
        Folder of register files, at any depth, in any of four formats.
    registers : path
        Folder that the build reads with VFM_REGISTERS; made where it is missing.
    stream : text file
        Where progress and the table are written.

    Returns
    -------
    list of str
        What is missing or could not be read, one sentence each; empty if all is well.

    Raises
    ------
    ImportFailedError
        If nothing can be imported at all.
    """
    delivery, registers = Path(delivery).expanduser().resolve(), Path(registers).expanduser().resolve()
    check_folders(delivery, registers)
    before = os.umask(0o077)  # persons' rows are the owner's alone
    try:
        registers.mkdir(parents=True, exist_ok=True)
        if not system.restrict_to_owner(registers):
            print(system.permissions_note(), file=sys.stderr)
        for left in registers.glob(".import-*"):  # of an import that was killed
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=registers) as work:
            contract = read_contract() | read_later_contract()
            importer = Importer(Path(work), contract)
            with closing(importer.connection):
                return _import(delivery, registers, importer, stream)
    finally:
        os.umask(before)


def _import(delivery, registers, importer, stream):
    contract, books = importer.contract, Books(registers)
    present, remembered, not_used, problems = find(delivery, books, importer)
    used, left_out, ambiguous = select([*present, *remembered])
    problems += ambiguous
    if not present and not remembered:
        raise ImportFailedError(
            f"delivery {delivery}: no file in it has the name of a register, such as BEF201512.dta. {SEE}"
        )
    _note_left_out(books, present, not_used, left_out)
    targets = {}
    for file in used:
        targets.setdefault(file.target, []).append(file)
    progress = ImportProgress(stream, sum(present[file].stat().st_size for file in used if file in present))
    failed, lacking, kept = set(), {}, []
    twins = _twins({file: present[file] for file in used if file in present}, importer)
    try:
        for target, files in targets.items():
            missing = [file.file for file in files if file not in present]
            if len(missing) == len(files):
                kept += missing
                continue
            try:
                if missing:
                    raise UnreadableFileError(
                        f"belongs with {missing[0]}, which is no longer there: "
                        "deliver all years of DREAM together"
                    )
                for file in files:
                    if file in twins:
                        raise UnreadableFileError(
                            f"holds the same as {twins[file].file}, byte for byte: "
                            "take one away, and ask for what is missing"
                        )
                _import_target(
                    target, [(file, present[file]) for file in files], registers, importer, books, progress
                )
            except UnreadableFileError as problem:
                failed |= {file.group for file in files}
                file, reason = getattr(problem, "file", files[0]), problem.args[0]
                stop = "" if reason.endswith("?") else "."
                problems.append(f"register {file.register}: {file.file} {reason}{stop} {SEE}")
                _refuse(books, progress, file, reason)
            except MissingColumnsError as problem:
                failed |= {file.group for file in files}
                file, missed = getattr(problem, "file", files[0]), tuple(problem.args[0])
                lacking.setdefault((file.register, missed), []).append(file.file)
                _refuse(books, progress, file, f"has no column {', '.join(missed)}")
            books.save()
    finally:
        progress.end()
    problems += _without_columns(lacking)
    unsure = {sentence.split()[1].rstrip(":") for sentence in ambiguous}
    _remove_superseded(registers, books, targets, failed, unsure, left_out)
    problems += _missing(contract, books, {file.register for file in present})
    books.save()
    write_origin(registers, delivery, problems)
    write_closing_table(stream, contract, books, left_out, not_used, kept, lacking)
    return problems


def _twins(paths, importer):
    """Files of one register that are equal byte for byte, as {file: the first or second of them}."""
    sizes, equal, twins = {}, {}, {}
    for file, path in paths.items():
        sizes.setdefault((file.register, path.stat().st_size), []).append(file)
    for files in sizes.values():
        for file in files if len(files) > 1 else []:
            equal.setdefault((file.register, importer.fingerprint(paths[file])[0]), []).append(file)
    for files in equal.values():
        if len(files) > 1:
            twins |= {file: files[file == files[0]] for file in files}
    return twins


def _note_left_out(books, present, not_used, left_out):
    """Write down the files that are not register files, and those that another file replaces."""
    for name, reason in not_used.items():
        books.note(name, "not used", reason)
    for file, reason in left_out.items():
        # a file stays in use until its successor is whole
        if file in present and not books.used(file.file):
            facts = {"register": file.register, "period": file.period, "bytes": present[file].stat().st_size}
            books.note(file.file, status_of(reason), reason, **facts)
    books.save()


def _refuse(books, progress, file, reason):
    """Write down that a file was refused."""
    books.note(file.file, "refused", reason, register=file.register, period=file.period)
    progress.finish("refused")


def _without_columns(lacking):
    """Say which files lack required columns, one sentence for each register and set of columns."""
    for (register, names), files in lacking.items():
        shown_files = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        yield f"register {register}: required column {', '.join(names)} is missing in {shown_files}. {SEE}"


def _import_target(target, files, registers, importer, books, progress):
    """Import the file or, of DREAM by year, the files that become one Parquet file."""
    register = importer.contract[files[0][0].register]
    digest, new = rules(register), []
    for file, path in files:
        progress.begin(file.file, path.stat().st_size, lambda: importer.fraction())
        sha256, encoding = importer.fingerprint(path)
        old = books.used(file.file)
        fresh = old and old["sha256"] == sha256 and old["rules"] == digest and old["written"] == target
        new.append((file, path, sha256, encoding, old if fresh else None))
    if all(old for *_, old in new) and len(new) == sum(
        row["written"] == target and row["status"] == "used" for row in books.rows.values()
    ):
        for file, *_, old in new:
            books.note(file.file, "used", **{k: v for k, v in old.items() if k not in ("file", "status")})
        progress.finish("is there already")
        return
    staged, said = [], {}
    for number, (file, path, _, encoding, _) in enumerate(new):
        progress.begin(file.file, path.stat().st_size, lambda: importer.fraction())
        try:
            part, drift, said[file.file] = importer.stage(file, path, encoding, f"{number}.parquet")
        except (UnreadableFileError, MissingColumnsError) as problem:
            problem.file = file
            raise
        staged.append((file, part))
        books.drift[file.file] = drift
        rows = read_metadata(part).num_rows
        progress.finish(f"{rows:,} rows -> {target}")
    whole = importer.merge_years(staged, "whole.parquet") if files[0][0].by_week else staged[0][1]
    (registers / register.name).mkdir(exist_ok=True)
    system.restrict_to_owner(registers / register.name)
    system.replace(whole, registers / target)
    for (file, path, sha256, _, _), (_, part) in zip(new, staged, strict=True):
        rows = read_metadata(part if part.exists() else registers / target).num_rows
        books.note(
            file.file,
            "used",
            "; ".join(said[file.file]),
            register=register.name,
            period=file.period,
            sha256=sha256,
            bytes=path.stat().st_size,
            rows=rows,
            columns=len(books.drift[file.file]),
            modified_at=file.modified,
            version=file.version if file.version >= 0 else "",
            imported_at=datetime.now(UTC).isoformat(timespec="seconds"),
            written=target,
            rules=digest,
        )
        part.unlink(missing_ok=True)


def status_of(reason: str) -> str:
    """Status of a file that was left out."""
    return "superseded" if reason.startswith("superseded") else "not used"


def _remove_superseded(registers, books, targets, failed, unsure, left_out):
    """Take away what an earlier import wrote and this one replaced; keep what could not be replaced."""
    for file, reason in left_out.items():
        row = books.used(file.file)
        if row is None or file.group in failed or file.register in unsure:
            continue
        if row["written"] not in targets:
            (registers / row["written"]).unlink()
        facts = {k: v for k, v in row.items() if k not in ("file", "status", "reason", "written")}
        books.note(file.file, status_of(reason), reason, **facts)


def _missing(contract, books, delivered):
    """Sentences on registers of which nothing is there."""
    there = {}
    for row in books.rows.values():
        if row["status"] == "used":
            there.setdefault(row["register"], []).append(row)
    for register in contract:
        if register not in there and (register in delivered or register not in LATER):
            yield (
                f"register {register}: nothing of it could be imported. {SEE}"
                if register in delivered
                else f"register {register}: not in the delivery, by name. {SEE}"
            )
    parts = {row["written"].split("/")[-1].rsplit("_", 1)[0] for row in there.get("vnds", [])}
    for successor, events in (("vnds_ind", "immigrations"), ("vnds_ud", "emigrations")):
        if parts & {"vnds_ind", "vnds_ud"} and successor not in parts:
            yield (
                f"register vnds: {successor.upper()} is not in the delivery, "
                f"so there are no {events} from 2005. {SEE}"
            )


def write_origin(registers: Path, delivery: Path, problems: list[str]) -> None:
    """Say beside the registers where they are from; meta.build_info repeats it."""
    origin = f"delivery {delivery.name}, imported {date.today()}"
    if problems:
        incomplete = sorted({found[1] for text in problems if (found := re.match(r"register (\w+)", text))})
        origin += f", incomplete: {', '.join(incomplete)}"
    temporary = registers / ".origin.json.part"
    temporary.write_text(json.dumps({"data_origin": origin}, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, registers / "origin.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `import` takes."""
    parser.add_argument("delivery", help="folder of the delivered files, at any depth")
    parser.add_argument(
        "--to",
        default=os.environ.get("VFM_REGISTERS"),
        help="folder of the registers (default: $VFM_REGISTERS)",
    )


def main(arguments: argparse.Namespace) -> int:
    """Run the import from the command line; return the exit status."""
    started = time.monotonic()
    try:
        if not arguments.delivery:
            raise ImportFailedError(f"from where? Set FROM to the folder of the delivery. {SEE}")
        if not arguments.to:
            raise ImportFailedError(
                f"where to? Set VFM_REGISTERS (or TO) to the folder that the build shall read. {SEE}"
            )
        problems = import_delivery(arguments.delivery, PROJECT / Path(arguments.to).expanduser())
    except (ImportFailedError, OSError) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nInterrupted. What was whole is imported; the same command goes on from there.", file=sys.stderr
        )
        return 130
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 if resource else None
    print(
        f"{time.monotonic() - started:.1f} s" + (f", {memory:,.0f} MB of memory at most." if memory else ".")
    )
    if problems:
        print("\n".join(["", *problems]), file=sys.stderr)
        return 1
    print(
        f"Imported into {arguments.to}. Next, with VFM_REGISTERS set to it: make check-registers, make build."
    )
    return 0
