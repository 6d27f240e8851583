"""One line that is written over on a terminal."""

import shutil
import time
from typing import TextIO

CLEAR = "\x1b[K"


def write_over(stream: TextIO, line: str) -> None:
    """Put a line, as much as fits, in the place of the last one."""
    stream.write("\r" + line[: shutil.get_terminal_size().columns - 1] + CLEAR)
    stream.flush()


def put(stream: TextIO, line: str) -> None:
    """Put a line in the place of the last one on a terminal, and below it elsewhere."""
    if stream.isatty():
        write_over(stream, line)
    else:
        print(line, file=stream, flush=True)


def leave(stream: TextIO) -> None:
    """Leave an empty line where lines were written over; nothing if the stream is not a terminal."""
    if stream.isatty():
        stream.write("\r" + CLEAR)


class Progress:
    """How many of a known number of things are done and how long the rest takes, in one line.

    Parameters
    ----------
    stream : text file
    total : int
    things : str
        What is counted, in the plural.
    done : int
        How many are done already; they say nothing about the time that the others take.
    """

    def __init__(self, stream: TextIO, total: int, things: str, done: int = 0) -> None:
        self.stream, self.total, self.things = stream, total, things
        self.done, self.before = done, done
        self.began = time.monotonic()

    def say(self, what: str) -> None:
        """Say what goes on."""
        put(self.stream, f"{self.done} of {self.total} {self.things}, {what}")

    def count(self, what: str) -> None:
        """Say that one more is done, and what it was."""
        self.done += 1
        each = (time.monotonic() - self.began) / (self.done - self.before)
        left = each * (self.total - self.done)
        self.say(f"{left / 60:.0f} min left: {what}" if left > 90 else f"{left:.0f} s left: {what}")

    def end(self) -> None:
        """Leave the line."""
        leave(self.stream)
