"""Python processes that have vfm and dbt imported when they begin, since each is forked from one that has.

A build that a test starts imports dbt, and so does the next one: half of the seconds that it takes. `Popen`
starts `python -c` and `python -m` as subprocess.Popen does, each a process of its own with its own streams,
environment, folder and exit status. The dbt that such a build starts is forked from the same server.
What must begin with a program of its own (another user, a namespace, a limit) takes subprocess.Popen.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace

import duckdb

from vfm.warehouse import dbt_runs
from vfm.warehouse.paths import PROJECT, Paths

PRELOADED = ["dbt.adapters.duckdb", "dbt.cli.main", "vfm.build", "vfm.pages.lineage",
             "vfm.warehouse.dbt_plugin", "vfm.warehouse.dbt_speed"]  # fmt: skip
SERVER = "import preloaded, sys; preloaded.serve(sys.argv[1])"


class Popen(subprocess.Popen):
    """A process that begins where Python has imported what it needs; else as subprocess.Popen.

    Takes [sys.executable, "-c" or "-m", ...], cwd, env, and streams.
    """

    def _execute_child(self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *others):
        _, _, _, *pipes = others[:9]
        own = (pipes[0], pipes[3], pipes[5])
        streams = [default if each == -1 else each for default, each in enumerate(own)]
        if args[0] != sys.executable or args[1] not in ("-c", "-m") or preexec_fn or pass_fds:
            raise ValueError(f"{args[:2]} is no command of Python that can be forked")
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(address())
        asked = {
            "arguments": [*map(str, args[1:])],
            "folder": str(cwd or os.getcwd()),
            "environment": dict(os.environ if env is None else env),
            "umask": umask(),
        }
        text = json.dumps(asked).encode()
        socket.send_fds(self._server, [len(text).to_bytes(8, "big")], streams)
        self._server.sendall(text)
        self.pid = int.from_bytes(received(self._server, 8), "big")
        self._child_created = True
        self._close_pipe_fds(*pipes)

    def _internal_poll(self, *_, **__):
        if self.returncode is None:
            ended, status = self._try_wait(os.WNOHANG)
            if ended:
                self._handle_exitstatus(status)
        return self.returncode

    def _try_wait(self, wait_flags):
        if wait_flags & os.WNOHANG and not select.select([self._server], [], [], 0)[0]:
            return 0, 0
        status = int.from_bytes(received(self._server, 8), "big")
        self._server.close()
        return self.pid, status


#: What vfm.warehouse.dbt_runs takes for subprocess where the dbt that it starts is to be forked, too.
FORKING = SimpleNamespace(**vars(subprocess) | {"Popen": Popen})


def run(command, **options):
    """Run a command of Python as subprocess.run does."""
    timeout, check = options.pop("timeout", None), options.pop("check", False)
    if options.pop("capture_output", False):
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Popen(command, **options) as process:
        try:
            said = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(command, process.returncode, *said)
    if check:
        done.check_returncode()
    return done


def received(connection, length):
    """Read so many bytes."""
    found = b""
    while len(found) < length:
        more = connection.recv(length - len(found))
        if not more:
            raise EOFError("the server of preloaded processes is gone")
        found += more
    return found


def umask():
    """The umask of this process."""
    now = os.umask(0)
    os.umask(now)
    return now


@cache
def address():
    """Start the server that processes are forked from, once; return where it listens."""
    folder = tempfile.mkdtemp(prefix="vfm-preloaded-")
    path = f"{folder}/socket"
    folders = os.pathsep.join([str(PROJECT), str(Path(__file__).parent)])
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, path],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": folders, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.communicate)  # it ends when its standard input does
    if server.stdout.readline() != b"ready\n":
        raise RuntimeError("the server of preloaded processes did not start")
    return path


def serve(path):
    """Fork a process for each connection, tell its number and, when it has ended, its status."""
    for name in PRELOADED:
        importlib.import_module(name)
    read_what_dbt_parsed()
    duckdb.close()  # a connection with a thread of its own, which no fork would have
    threads = [Path(f"/proc/self/task/{each}/comm").read_text() for each in os.listdir("/proc/self/task")]
    if set(threads[1:]) - {"jemalloc_bg_thd\n"}:  # pyarrow's, which sees to itself
        raise RuntimeError(f"a process with threads cannot be forked: {threads}")
    gc.collect()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print("ready", flush=True)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj == 0:
                    return
                if key.fileobj is not listener:
                    tell_end(selector, key)
                elif request := fork(selector, listener):
                    begin(path, *request)
                    return


def fork(selector, listener):
    """Take a request; return it in the new process, and nothing in the server."""
    connection, _ = listener.accept()
    length, streams, _, _ = socket.recv_fds(connection, 8, 3)
    asked = json.loads(received(connection, int.from_bytes(length, "big")))
    number = os.fork()
    if number:
        for each in streams:
            os.close(each)
        connection.sendall(number.to_bytes(8, "big"))
        selector.register(os.pidfd_open(number), selectors.EVENT_READ, (number, connection))
        return None
    for key in [*selector.get_map().values()]:
        if key.data:
            key.data[1].close()
            os.close(key.fd)
    listener.close()
    connection.close()
    selector.close()
    return streams, asked


def read_what_dbt_parsed():
    """Read and write the last build's manifest: dbt makes the code that does so at the first of each kind.

    The project's macros and models are compiled, too: their text is the same in every build of a test.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.clients import jinja

    with suppress(Exception):  # no build, one of another dbt, or just being written: then dbt does it later
        parsed = Paths.from_environment(PROJECT).target / "partial_parse.msgpack"
        manifest = Manifest.from_msgpack(parsed.read_bytes())
        manifest.to_msgpack()
        for node in manifest.nodes.values():
            node.to_resource().to_dict()
        texts = [macro.macro_sql for macro in manifest.macros.values()]
        texts += [node.raw_code for node in manifest.nodes.values() if node.language == "sql"]
        for text in texts:
            jinja.get_template(text, {})


def tell_end(selector, key):
    """Say with what status a process ended to who asked for it."""
    number, connection = key.data
    _, status = os.waitpid(number, 0)
    selector.unregister(key.fd)
    os.close(key.fd)
    try:
        connection.sendall(status.to_bytes(8, "big"))
    except OSError:
        pass  # it has ended itself
    connection.close()


def begin(path, streams, asked):
    """Be the process that was asked for."""
    global address
    os.chdir(asked["folder"])
    os.umask(asked["umask"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    for own, each in enumerate(streams):
        os.dup2(each, own)
        os.close(each)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    address = lambda: path  # noqa: E731
    duckdb.set_default_connection(duckdb.connect())
    dbt_runs.subprocess = FORKING
    kind, what, *others = asked["arguments"]
    sys.argv = [kind, *others]
    sys.path[0] = ""
    if kind == "-m":
        sys.modules.pop(what, None)
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(what, "<string>", "exec"), vars(sys.modules["__main__"]))
