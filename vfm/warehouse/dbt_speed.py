"""What dbt does over and over and nobody sees: half of a build's processor time outside the models.

Each function below replaces one of dbt's and gives the same. None is used with other versions of dbt than those
it was written against; tests/warehouse/test_dbt_speed.py notices that, and compares each with dbt's own.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import CodeType, SimpleNamespace
from typing import Any, TextIO

from dbt.clients.jinja import MacroGenerator
from dbt.context import base, providers
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.tracking import track_behavior_change_warn
from dbt_common.clients import agate_helper, jinja, system
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from mashumaro.jsonschema import schema

WRITTEN_AGAINST = {"dbt-core": "1.11.16", "dbt-common": "1.39.0", "jinja2": "3.1.6", "mashumaro": "3.14"}
UNSEEN = (EventLevel.DEBUG, EventLevel.TEST)


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


def build_namespace(
    self: MacroNamespaceBuilder, macros_by_package: dict[str, dict], ctx: dict
) -> MacroNamespace:
    """Gather the macros for one context, without three constructors for each: dbt does so several times for every node.

    A name that a package has twice was refused when the project was read.
    """
    packages = {}
    for package, macros in macros_by_package.items():
        packages[package] = made = {}
        for name, macro in macros.items():
            made[name] = generator = MacroGenerator.__new__(MacroGenerator)
            generator.macro, generator.context = macro, ctx
            generator.node, generator.stack = self.node, self.thread_ctx
    internal = {}
    for package in reversed(self.internal_package_names_order):
        internal |= packages.pop(package, {})
    local = packages.get(self.search_package, {})
    of_root = packages.get(self.root_package, {}) if self.root_package != self.search_package else {}
    return MacroNamespace(of_root, local, internal, packages)


def all_names(self: MacroNamespace) -> dict:
    """Return what each name of a namespace stands for, found once instead of once for each name."""
    if "all_names" not in self.__dict__:
        found = {}
        for part in reversed([*self._search_order()]):
            found.update(part)
        self.all_names = found
    return self.all_names


def iterate(self: MacroNamespace) -> Iterator[str]:
    """Iterate over the names of a namespace."""
    return iter(all_names(self))


def get_item(self: MacroNamespace, name: str) -> Any:
    """Return what a name of a namespace stands for."""
    return all_names(self)[name]


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


def dump(data: Any, file: TextIO, **options: Any) -> None:
    """Write JSON as json.dump does, which makes the same text piece by piece in Python."""
    file.write(json.dumps(data, **options))


def schema_default(_type: Any, value: Any, _config: Any) -> Any:
    """Return a default for a JSON schema as it is: schemas only validate here, which looks at no default.

    mashumaro makes a class for each default and compiles it.
    """
    return value


options_of: list = []  # the options of this run, and what dbt makes of them
compiled: dict[tuple[type, str], CodeType | str] = {}
testers: dict[tuple, agate_helper.agate.TypeTester] = {}
tester_as_delivered = agate_helper.build_type_tester
fire_as_delivered = EventManager.fire_event
make_as_delivered = BaseEvent.__init__
arguments_as_delivered = providers.args_to_dict
compile_as_delivered = jinja.MacroFuzzEnvironment.compile

if all(installed(name) == written for name, written in WRITTEN_AGAINST.items()):
    EventManager.fire_event = fire_event
    BaseEvent.__init__ = keep_arguments
    BaseEvent.pb_msg = property(message_of, set_message)
    MacroNamespaceBuilder.build_namespace = build_namespace
    MacroNamespace.__iter__ = iterate
    MacroNamespace.__getitem__ = get_item
    jinja.MacroFuzzEnvironment.compile = compile_template
    jinja.NativeSandboxTemplate.new_context = jinja.MacroFuzzTemplate.new_context  # which copies no context
    agate_helper.build_type_tester = build_type_tester
    agate_helper.empty_table = cache(agate_helper.empty_table)  # no table of agate changes
    schema._default = schema_default
    system.json = SimpleNamespace(**{**vars(json), "dump": dump})
    providers.args_to_dict = args_to_dict
    base.get_context_modules = cache(base.get_context_modules)
