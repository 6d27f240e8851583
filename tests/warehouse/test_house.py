"""Rules of the house that no linter knows: short files and functions, types, one meaning for each name."""

import ast
from collections import defaultdict
from functools import cache

import pytest

from vfm.warehouse.paths import PROJECT

LONGEST_FILE = 620
LONGEST_FUNCTION = 60
REASON = "# long: "  # on the line of the def, followed by why the function is in one piece
FILES = sorted((PROJECT / "vfm").rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: names that mean one thing in every module that has them
SAME_EVERYWHERE = {
    "main": "run from the command line",
    "fit": "estimate the model that the module is about: cox.fit, frontier.fit",
    "markdown": "what the module is about, as Markdown",
}


@cache
def parsed(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def listed(found):
    return "\n".join(["", *found])


def module_of(file):
    return ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


def place(file, node):
    return f"{file.relative_to(PROJECT)}:{node.lineno} {node.name}"


def public_functions(file):
    """Public functions, and public methods of public classes."""
    for node in parsed(file).body:
        owners = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        yield from (each for each in owners if isinstance(each, FUNCTIONS) and not each.name.startswith("_"))


def lacks_a_type(function):
    own = function.args
    named = [*own.posonlyargs, *own.args, *own.kwonlyargs, own.vararg, own.kwarg]
    untyped = [each.arg for each in named if each and each.annotation is None]
    return function.returns is None or any(name not in ("self", "cls") for name in untyped)


def test_no_file_is_long():
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    long = {str(file.relative_to(PROJECT)): lines for file, lines in lengths.items() if lines > LONGEST_FILE}
    assert not long, listed(f"{file}: {lines} lines" for file, lines in long.items())


def test_no_function_is_long_without_a_reason():
    long = []
    for file in FILES:
        lines = file.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(parsed(file)):
            if not isinstance(node, FUNCTIONS) or node.end_lineno - node.lineno < LONGEST_FUNCTION:
                continue
            head = lines[node.lineno - 1 : node.body[0].lineno]
            if not any(line.partition(REASON)[2].strip() for line in head):
                long.append(f"{place(file, node)} has {node.end_lineno - node.lineno + 1} lines")
    assert not long, listed(long)


def test_public_functions_are_typed():
    untyped = [place(file, each) for file in FILES for each in public_functions(file) if lacks_a_type(each)]
    assert not untyped, listed(untyped)


def private(name):
    return name.startswith("_") and not name.endswith("__")


def names_of_other_modules(file):
    """Map each name of this file that stands for a module of vfm to that module."""
    modules = {module_of(each) for each in FILES}
    found = {}
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                if f"{node.module}.{name.name}" in modules:
                    found[name.asname or name.name] = f"{node.module}.{name.name}"
    return found


def private_reads(file):
    modules = names_of_other_modules(file)
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vfm"):
            yield from (f"{node.module}.{name.name}" for name in node.names if private(name.name))
        if isinstance(node, ast.Attribute) and private(node.attr) and isinstance(node.value, ast.Name):
            if node.value.id in modules:
                yield f"{modules[node.value.id]}.{node.attr}"


def private_attributes(file):
    """Private attributes of a public object that this file reads and does not define itself."""
    tree = parsed(file)
    own = {node.name for node in ast.walk(tree) if isinstance(node, (*FUNCTIONS, ast.ClassDef))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.attr)
        if isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            own |= {target.id for target in targets if isinstance(target, ast.Name)}
    defined_elsewhere = {name for other in FILES if other != file for name in attributes_set(other)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr) and node.attr not in own:
            if node.attr in defined_elsewhere:
                yield f"{file.relative_to(PROJECT)}:{node.lineno} .{node.attr}"


@cache
def attributes_set(file):
    """Private names of the classes of a file: fields, methods, and what is set on self."""
    found = set()
    for owner in (node for node in parsed(file).body if isinstance(node, ast.ClassDef)):
        for node in ast.walk(owner):
            if isinstance(node, FUNCTIONS):
                found.add(node.name)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
    return frozenset(filter(private, found))


def test_private_names_stay_in_their_module():
    reads = [f"{file.relative_to(PROJECT)}: {name}" for file in FILES for name in private_reads(file)]
    assert not reads, listed(reads)


def test_private_attributes_stay_in_their_module():
    reads = [read for file in FILES for read in private_attributes(file)]
    assert not reads, listed(reads)


def rooms():
    return sorted({file.relative_to(PROJECT / "vfm").parts[0] for file in FILES if file.parent.name != "vfm"})


@pytest.mark.parametrize("room", rooms())
def test_a_room_has_no_two_public_functions_of_one_name(room):
    modules = defaultdict(list)
    for file in FILES:
        if file.is_relative_to(PROJECT / "vfm" / room):
            for node in parsed(file).body:
                if isinstance(node, FUNCTIONS) and not node.name.startswith("_"):
                    modules[node.name].append(module_of(file))
    twice = {name: where for name, where in modules.items() if len(where) > 1 and name not in SAME_EVERYWHERE}
    assert not twice, listed(f"{name}: {', '.join(where)}" for name, where in twice.items())
