"""A standalone Spark cluster on the loopback interface, for the time of a test."""

import ctypes
import importlib.util
import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 300
DEPLOY = "org.apache.spark.deploy"
PR_SET_PDEATHSIG = 1
EXECUTOR = b"CoarseGrainedExecutorBackend"


def end_with_the_test():
    """Let the kernel kill this process when the test's ends, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Daemon:
    """A Java process of Spark with whatever it starts, in a process group of its own."""

    def __init__(self, kind, folder, *options):
        (home,) = importlib.util.find_spec("pyspark").submodule_search_locations
        self.log = folder / f"{kind}.log"
        own = {
            "SPARK_HOME": home,
            "SPARK_LOCAL_IP": "127.0.0.1",  # for its web page too, which it always has
            "SPARK_LOCAL_DIRS": str(folder),
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": "-Dspark.master.rest.enabled=false -XX:-UsePerfData",
        }
        command = [f"{home}/bin/spark-class", f"{DEPLOY}.{kind}", "--host", "127.0.0.1", "--port", "0"]
        command += ["--webui-port", "0", *options]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=os.environ | own,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_the_test,
            )

    def says(self, pattern, seconds=PATIENCE_SECONDS):
        """Wait until its log says something, and return the match."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = re.search(pattern, self.log.read_text(encoding="utf-8", errors="replace"))
            if found:
                return found
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
            time.sleep(0.2)
        raise AssertionError(f"no {pattern} in {self.log}")

    def executors(self):
        """List the processes of its group that run tasks."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                number = int(process.name)
                if EXECUTOR in (process / "cmdline").read_bytes() and os.getpgid(number) == self.process.pid:
                    found.append(number)
            except OSError:  # it ended meanwhile
                pass
        return found

    def kill(self):
        """End it and all that it has started at once, as when a machine is lost."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


@contextmanager
def cluster(folder, workers=2, cores=1, memory="2g"):
    """Start a master and its workers; stop them whatever happens.

    Parameters
    ----------
    folder : Path
        For their logs and scratch.
    workers, cores : int
        How many, and the cores of each.
    memory : str
        What each worker may give its executors.

    Yields
    ------
    address : str
        What SPARK_MASTER takes.
    workers : list of Daemon
    """
    started = []
    try:
        for name in ("master", *(f"worker_{number}" for number in range(workers))):
            own = folder / name
            own.mkdir(parents=True, mode=0o700)
            if not started:
                started.append(Daemon("master.Master", own))
                address = started[0].says(r"Starting Spark master at (spark://\S+)")[1]
            else:
                options = ["--cores", str(cores), "--memory", memory, "--work-dir", str(own), address]
                started.append(Daemon("worker.Worker", own, *options))
        for worker in started[1:]:
            worker.says("Successfully registered with master")
        yield address, started[1:]
    finally:
        for daemon in started:
            daemon.kill()
