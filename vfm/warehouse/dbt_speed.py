"""What dbt does over and over and nobody sees, done once: it took much of a build's processor time.

Each function below replaces one of dbt's, or of what dbt stands on, and gives the same. With other versions
than those they were written against none is used, and dbt is as delivered. tests/warehouse/test_dbt_speed.py
notices that, and compares each with what it replaces.
"""

import json
import re
from collections.abc import Callable, ItemsView, Iterable, KeysView, Mapping, Sequence, ValuesView
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pprint import pformat
from types import CodeType, SimpleNamespace
from typing import Any, TextIO

from dbt import compilation
from dbt.clients.jinja import MacroGenerator
from dbt.context import base, providers
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.contracts.files import FileHash
from dbt.contracts.graph.manifest import ManifestStateCheck
from dbt.include.global_project import PROJECT_NAME as GLOBAL_PROJECT_NAME
from dbt.parser.manifest import ManifestLoader
from dbt.tracking import track_behavior_change_warn
from dbt_common.clients import agate_helper, jinja, system
from dbt_common.dataclass_schema import ValidationError, dbtClassMixin
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from jsonschema import Draft7Validator
from mashumaro.jsonschema import schema

WRITTEN_AGAINST = {"dbt-core": "1.11.16", "dbt-common": "1.39.0", "jinja2": "3.1.6", "mashumaro": "3.14"}
UNSEEN = (EventLevel.DEBUG, EventLevel.TEST)
# blanks and comments, then with and blanks: where the common table expressions of a query begin
WITH = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*with\s+(?!\s|recursive\b)", re.DOTALL | re.IGNORECASE)

# what a semicolon ends no statement in: comments, texts and quoted names
QUOTED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"", re.DOTALL)


def installed(name: str) -> str:
    """Return the version of a package, "" if there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def fire_event(
    self: EventManager,
    e: BaseEvent,
    level: EventLevel | None = None,
    node: Any = None,
    force_warn_or_error_handling: bool = False,
) -> None:
    """Log an event as dbt does, unless it is one for debugging and no log takes those.

    dbt writes out every event in full, and asks only then whether a log wants its level.
    """
    if (
        force_warn_or_error_handling
        or (level or e.level_tag()) not in UNSEEN
        or any(logger.level in UNSEEN for logger in self.loggers)
        or any(callback is not track_behavior_change_warn for callback in self.callbacks)
    ):
        fire_as_delivered(self, e, level, node, force_warn_or_error_handling)


def keep_arguments(self: BaseEvent, *arguments: Any, **options: Any) -> None:
    """Make an event: its message is written when somebody reads it, and for most nobody does."""
    self.__dict__["made_with"] = arguments, options


def message_of(event: BaseEvent) -> Any:
    """Return the message of an event, written at the first call."""
    if "pb_msg" not in event.__dict__:
        arguments, options = event.__dict__["made_with"]
        make_as_delivered(event, *arguments, **options)
    return event.__dict__["pb_msg"]


def set_message(event: BaseEvent, message: Any) -> None:
    """Let dbt store the message of an event."""
    event.__dict__["pb_msg"] = message


class Lazily(dict):
    """A dictionary that makes what some of its names stand for when it is asked for it."""

    names: Mapping = {}  # that can be made, beside those that are there already
    make: Callable[[str], Any]

    def __missing__(self, name):
        if name not in self.names:
            raise KeyError(name)
        self[name] = found = self.make(name)
        return found

    def __contains__(self, name):
        return super().__contains__(name) or name in self.names

    def __iter__(self):
        return iter({**dict.fromkeys(super().__iter__()), **dict.fromkeys(self.names)})

    def __len__(self):
        return len(list(iter(self)))

    def get(self, name: str, default: Any = None) -> Any:
        """Return what a name stands for."""
        return self[name] if name in self else default

    def keys(self) -> KeysView:
        """Return all names."""
        return KeysView(self)

    def values(self) -> ValuesView:
        """Return what all names stand for."""
        return ValuesView(self)

    def items(self) -> ItemsView:
        """Return all names and what they stand for."""
        return ItemsView(self)


def make_context(self: base.BaseContext, *arguments: Any, **options: Any) -> None:
    """Make a context, whose dictionary can take names that are made later."""
    context_as_delivered(self, *arguments, **options)
    self._ctx = Lazily()


def build_namespace(
    self: MacroNamespaceBuilder, macros_by_package: dict[str, dict], ctx: dict
) -> MacroNamespace:
    """Gather the macros for one context, where dbt makes an object for each: 673, several times for a node.

    A name that a package has twice was refused when the project was read.
    """
    made = {}

    def lazily(macros):
        def generator(name):
            key = id(macros[name])
            if key not in made:
                made[key] = MacroGenerator(macros[name], ctx, self.node, self.thread_ctx)
            return made[key]

        found = Lazily()
        found.names, found.make = macros, generator
        return found

    packages = dict(macros_by_package)
    internal = {}
    for package in reversed(self.internal_package_names_order):
        internal |= packages.pop(package, {})
    local = packages.get(self.search_package, {})
    of_root = packages.get(self.root_package, {}) if self.root_package != self.search_package else {}
    of_packages = {package: lazily(macros) for package, macros in packages.items()}
    namespace = MacroNamespace(lazily(of_root), lazily(local), lazily(internal), of_packages)
    # what is found first comes last
    namespace.all_names = {**internal, GLOBAL_PROJECT_NAME: internal, **packages, **of_root, **local}
    return namespace


def context_to_dict(self: ManifestContext) -> dict:
    """Return a context's dictionary, macros included; these go before names of dbt's own."""
    names = getattr(self.namespace, "all_names", None)
    if names is None or not isinstance(self._ctx, Lazily):
        return to_dict_as_delivered(self)
    found = super(ManifestContext, self).to_dict()
    for name in [name for name in found if name in names]:
        found[name] = self.namespace[name]
    found.names, found.make = names, self.namespace.__getitem__
    return found


def compile_template(
    self: jinja.MacroFuzzEnvironment, source: Any, *arguments: Any, **options: Any
) -> CodeType | str:
    """Compile a template once: dbt does so when it reads the project and again for each node that has it."""
    if arguments or options or not isinstance(source, str) or jinja.MACRO_DEBUGGING:
        return compile_as_delivered(self, source, *arguments, **options)
    key = type(self), str(source)
    if key not in compiled:
        compiled[key] = compile_as_delivered(self, source)
    return compiled[key]


def build_type_tester(
    text_columns: Iterable[str], string_null_values: Iterable[str] = ("null", "")
) -> agate_helper.agate.TypeTester:
    """Make what finds the types of a query's columns once for each set of text columns.

    agate reads the calendar of a language for each, though only text is ever looked up there, and dbt says
    itself which columns are text.
    """
    key = frozenset(text_columns), tuple(string_null_values)
    if key not in testers:
        testers[key] = tester_as_delivered(sorted(key[0]), key[1])
    return testers[key]


def args_to_dict(args: Any) -> dict:
    """Return dbt's options as a dictionary, gathered once for each run instead of for each context."""
    if not options_of or options_of[0] is not args:
        options_of[:] = args, arguments_as_delivered(args)
    return dict(options_of[1])


def inject_ctes_into_sql(sql: str, ctes: Sequence[Any]) -> str:
    """Put a unit test's rows before the first common table expression of a model.

    dbt takes the whole query apart to find its first word. It still does where that is another than with,
    and where a semicolon might end a first statement.
    """
    begins = WITH.match(sql)
    if not ctes or not begins or ";" in sql and ("$" in sql or ";" in QUOTED.sub("", sql)):
        return inject_as_delivered(sql, ctes)
    return f"{sql[: begins.end()]}{', '.join(cte.sql for cte in ctes)}, {sql[begins.end() :]}"


def dump(data: Any, file: TextIO, **options: Any) -> None:
    """Write JSON as json.dump does, which makes the same text piece by piece in Python."""
    file.write(json.dumps(data, **options))


def schema_default(_type: Any, value: Any, _config: Any) -> Any:
    """Return a default for a JSON schema as it is: schemas only validate here, which looks at no default.

    mashumaro makes a class for each default and compiles it.
    """
    return value


def build_manifest_state_check(self: ManifestLoader) -> ManifestStateCheck:
    """Say what the project was read with, as if every warehouse lay in build, since no model asks where.

    dbt reads the whole project anew for a warehouse in another folder.
    """
    check = state_as_delivered(self)
    told = dict(self.root_project.credentials.connection_info())
    if "path" in told:  # else another engine, which has no file
        told["path"] = f"build/{Path(told['path']).name}"
        check.profile_hash = FileHash.from_contents(pformat(sorted(told.items())))
    return check


def validate(cls: type[dbtClassMixin], data: Any) -> None:
    """Hold data against the schema of their class, unless the same data were found right before.

    Most configurations are like others, and dbt makes what validates them anew for each.
    """
    key = cls, repr(data)
    if key in valid:
        return
    if cls not in validators:
        validators[cls] = Draft7Validator(cls.json_schema())
    error = next(validators[cls].iter_errors(data), None)
    if error is not None:
        raise ValidationError.create_from(error) from error
    valid.add(key)


valid: set[tuple[type, str]] = set()
validators: dict[type, Draft7Validator] = {}
options_of: list = []  # the options of this run, and what dbt makes of them
compiled: dict[tuple[type, str], CodeType | str] = {}
testers: dict[tuple, agate_helper.agate.TypeTester] = {}
tester_as_delivered = agate_helper.build_type_tester
namespace_as_delivered = MacroNamespaceBuilder.build_namespace
fire_as_delivered = EventManager.fire_event
make_as_delivered = BaseEvent.__init__
arguments_as_delivered = providers.args_to_dict
context_as_delivered = base.BaseContext.__init__
to_dict_as_delivered = ManifestContext.to_dict
inject_as_delivered = compilation.inject_ctes_into_sql
compile_as_delivered = jinja.MacroFuzzEnvironment.compile
validate_as_delivered = dbtClassMixin.validate.__func__
state_as_delivered = ManifestLoader.build_manifest_state_check

if {name: installed(name) for name in WRITTEN_AGAINST} == WRITTEN_AGAINST:
    EventManager.fire_event = fire_event
    BaseEvent.__init__ = keep_arguments
    BaseEvent.pb_msg = property(message_of, set_message)
    MacroNamespaceBuilder.build_namespace = build_namespace
    base.BaseContext.__init__ = make_context
    ManifestContext.to_dict = context_to_dict
    jinja.MacroFuzzEnvironment.compile = compile_template
    jinja.NativeSandboxTemplate.new_context = jinja.MacroFuzzTemplate.new_context  # which copies no context
    dbtClassMixin.validate = classmethod(validate)
    ManifestLoader.build_manifest_state_check = build_manifest_state_check
    compilation.inject_ctes_into_sql = inject_ctes_into_sql
    agate_helper.build_type_tester = build_type_tester
    agate_helper.empty_table = cache(agate_helper.empty_table)  # no table of agate changes
    schema._default = schema_default
    system.json = SimpleNamespace(**{**vars(json), "dump": dump})
    providers.args_to_dict = args_to_dict
    base.get_context_modules = cache(base.get_context_modules)
