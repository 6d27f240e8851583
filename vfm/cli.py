"""The command vfm: each of its commands is the program of a make target, in the same words.

A program is imported when its command runs, so that help and completion come at once.
"""

import difflib
import os
import sys
from collections.abc import Sequence

import click

from vfm.warehouse import system

STATUS = """
\b
A command ends with status
  0    done
  1    refused or failed; one sentence says what, where and what to do
  2    the command line is not understood
  128+ ended from outside (130 is Ctrl-C)

\b
What is read and written is set in the environment: VFM_REGISTERS, VFM_STATBANK, VFM_BUILD,
VFM_RESULTS, VFM_STUDY (docs/machine.md). Commands are completed with the tab key after
  eval "$(_VFM_COMPLETE=bash_source vfm)"     (zsh_source, fish_source)
"""
FIRST = ("build", "sql", "report", "export")  # what a newcomer needs, before all others


class Commands(click.Group):
    """Commands in the order of their need, and one sentence for a name that is none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands: those that are needed first, then the others by name."""
        return [*FIRST, *sorted(set(self.commands) - set(FIRST))]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which one may be meant."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.commands, n=1)
            hint = f": did you mean {near[0]}?" if near else "."
            ctx.fail(f"There is no command {args[0]}{hint}")
        return super().resolve_command(ctx, args)


def words(**options: object) -> list[str]:
    """Write options as a program takes them: --name=value, --name for true, nothing where none is given."""
    out = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            out.append(option)
        elif value is not None and value is not False:
            out.append(f"{option}={value}")
    return out


_PATH = click.Path(readable=False)  # completed, and judged by the program, which knows what to do


@click.group(cls=Commands, epilog=STATUS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--study", metavar="NAME", help="A file of studies/ to work on; VFM_STUDY or kora_2017 by default."
)
def commands(study: str | None) -> None:
    """Which Danish municipalities get refugees into work faster than expected, at what cost, how sure?

    vfm build makes the answers from the registers, vfm sql asks for them, vfm report writes them as a page,
    and vfm export as a workbook. Say vfm COMMAND --help for more.
    """
    if study:
        os.environ["VFM_STUDY"] = study


@commands.command()
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    help="What builds the SQL models; spark needs Java and the extra spark (docs/engines.md).",
)
@click.option(
    "--vars",
    "variables",
    metavar="YAML",
    help="Choices of the method that differ from dbt_project.yml, as in '{window_weeks: 104}'.",
)
def build(engine: str | None, variables: str | None) -> int:
    """Build the warehouse, test it, publish the results.

    Reads the registers (the synthetic ones unless VFM_REGISTERS names others), builds build/warehouse.duckdb,
    tests it, and publishes vfm.duckdb if everything passed. Takes some minutes. If anything fails, the last
    results stay as they are.
    """
    from vfm import build as program

    return program.main(words(engine=engine, vars=variables))


@commands.command()
def sql() -> int:
    """Ask the results questions in SQL.

    Opens DuckDB's shell on vfm.duckdb, read-only, and says what there is. Ctrl-D leaves.
    """
    from vfm.warehouse import shell as program

    return program.main()


@commands.command()
@click.option("--to", type=_PATH, metavar="FOLDER", help="Folder of the pages; report by default.")
@click.option(
    "--geojson", type=_PATH, metavar="FILE", help="True outlines of the municipalities for the map (GeoJSON)."
)
@click.option("--code-property", metavar="NAME", help="The outlines' property with the municipality's code.")
def report(to: str | None, geojson: str | None, code_property: str | None) -> int:
    """Write the report as a page to read.

    Writes report/index.html (Danish) and report/en.html (English), with a sheet for every municipality. Each
    is one file that opens from disk.
    """
    from vfm.pages.report import __main__ as program

    return program.main(words(to=to, geojson=geojson, code_property=code_property))


@commands.command()
@click.option("--to", type=_PATH, metavar="FOLDER", help="Folder of the export; export by default.")
def export(to: str | None) -> int:
    """Write the results as a workbook and CSV files.

    Writes export/value_for_money.xlsx, a sheet for each table and result in Danish and English, and
    export/csv, every published table with datapackage.json.
    """
    from vfm.pages.export import __main__ as program

    return program.main(words(to=to))


@commands.command()
@click.option(
    "--against",
    type=_PATH,
    metavar="FILE",
    help="An earlier delivery_profile.csv or warehouse.duckdb: say what has changed since.",
)
def check(against: str | None) -> int:
    """Say in seconds what a build would refuse.

    Looks at the registers of VFM_REGISTERS, the accounts, and the tables that you edit (docs/bad_input.md).
    """
    from vfm.registers import __main__ as program

    return program.main(["check", *words(against=against)])


@commands.command("import")
@click.argument("delivery", type=_PATH)
@click.option("--to", type=_PATH, metavar="FOLDER", help="Folder of the registers; VFM_REGISTERS by default.")
def import_delivery(delivery: str, to: str | None) -> int:
    """Bring a delivery of register files in.

    DELIVERY is the folder of the files: csv, Parquet, SAS or Stata, at any depth (docs/deliveries.md). They
    are put into the folder and the form that the build reads.
    """
    from vfm.registers import __main__ as program

    return program.main(["import", *words(to=to), "--", delivery])


@commands.command()
@click.option("--vars", "variables", metavar="YAML", help="The choices of the build, where they are others.")
def docs(variables: str | None) -> int:
    """Write one page with every table, column and the lineage.

    Writes build/docs.html, which opens from disk. Needs a warehouse that is built.
    """
    from vfm.pages import lineage as program

    return program.main(words(vars=variables))


@commands.command()
def cookbook() -> int:
    """Answer the questions of analyses/ anew.

    Writes docs/cookbook.md of the shipped data, build/cookbook.md of other data.
    """
    from vfm.pages import cookbook as program

    return program.main()


@commands.command("release-pack")
@click.option("--to", type=_PATH, metavar="FOLDER", help="Folder of the pack; build/release-pack by default.")
def release_pack(to: str | None) -> int:
    """Write a folder for the output check of a secure server.

    The published file, what each table rests on and hides, and the log of an attack on it
    (docs/disclosure.md).
    """
    from vfm.pages import release_pack as program

    return program.main(words(to=to))


@commands.command("compare-releases")
@click.argument("old", type=_PATH)
@click.argument("new", type=_PATH)
def compare_releases(old: str, new: str) -> int:
    """List what two published files tell of few persons.

    OLD and NEW are published files of one method. Ends with 1 where a difference is for certain one of few
    persons.
    """
    from vfm.warehouse import compare_releases as program

    return program.main(["--", old, new])


@commands.command()
@click.option(
    "--python", metavar="VERSIONS", help="Versions of Python there, such as 3.12; this one by default."
)
@click.option("--platform", metavar="PLATFORMS", help="linux, win_amd64 or both; linux by default.")
@click.option("--to", type=_PATH, metavar="FOLDER", help="Folder of the archive; bundles by default.")
@click.option("--any-hashes", is_flag=True, help="For an index that has built its packages itself.")
def bundle(python: str | None, platform: str | None, to: str | None, any_hashes: bool) -> int:
    """Pack the project for a server without network.

    Writes one archive with the project at its commit, the packages it needs there, and install.py
    (docs/server.md). Needs a package index.
    """
    from vfm.bundle import __main__ as program

    return program.main(words(python=python, platform=platform, to=to, any_hashes=any_hashes))


@commands.command()
def sensitivity() -> int:
    """Compare the results with those of other assumptions.

    Builds the indicators once for each of vfm/warehouse/alternatives.toml; takes some minutes.
    """
    from vfm import sensitivity as program

    return program.main([])


@commands.command()
def studies() -> int:
    """List the studies there are.

    A star stands before the one that the other commands work on (docs/studies.md).
    """
    from vfm import studies as program

    return program.main([])


@commands.command()
@click.option("--seed", metavar="NUMBER", help="Another seed makes other persons.")
@click.option("--scale", metavar="NUMBER", help="0.1 makes a tenth of the persons, 10 ten times as many.")
def registers(seed: str | None, scale: str | None) -> int:
    """Make the synthetic registers anew.

    Writes seeds/registers and seeds/statbank; above scale 1 into the build folder (docs/synthetic.md).
    """
    from vfm.synthetic import __main__ as program

    return program.main(words(seed=seed, scale=scale))


@commands.command("fetch-statbank")
@click.option("--accounts-only", is_flag=True, help="Leave the labour market as it is.")
def fetch_statbank(accounts_only: bool) -> int:
    """Fetch the accounts from Statistics Denmark.

    Replaces the synthetic accounts and labour market in seeds/statbank; those of another study go to
    statbank_<study>. Needs the network
    (docs/statbank.md).
    """
    from vfm.statbank import __main__ as program

    return program.main(words(accounts_only=accounts_only))


@commands.command()
def clean() -> int:
    """Remove what builds have made; vfm.duckdb stays.

    Removes the build folder, if it is marked as one, and caches.
    """
    from vfm.warehouse import build_folder as program

    return program.main()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with the status of the command."""
    system.tolerant_console()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the Makefile: the same sums on every machine
    try:
        status = commands.main(args=arguments, prog_name="vfm", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as problem:
        problem.show()
        sys.exit(0)
    except click.ClickException as problem:
        asked = getattr(problem, "ctx", None)
        print(
            f"{problem.format_message()} See {asked.command_path if asked else 'vfm'} --help.",
            file=sys.stderr,
        )
        sys.exit(problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    sys.exit(status or 0)
