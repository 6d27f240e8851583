"""One line that is written over on a terminal."""

import shutil

CLEAR = "\x1b[K"


def write_over(stream, line):
    """Put a line, as much as fits, in the place of the last one."""
    stream.write("\r" + line[: shutil.get_terminal_size().columns - 1] + CLEAR)
    stream.flush()


def leave(stream):
    """Leave an empty line where lines were written over."""
    stream.write("\r" + CLEAR)
