"""One line that is written over on a terminal."""

import shutil

CLEAR = "\x1b[K"


def write_over(stream, line):
    """Put a line, as much as fits, in the place of the last one."""
    stream.write("\r" + line[: shutil.get_terminal_size().columns - 1] + CLEAR)
    stream.flush()


def put(stream, line):
    """Put a line in the place of the last one on a terminal, and below it elsewhere."""
    if stream.isatty():
        write_over(stream, line)
    else:
        print(line, file=stream, flush=True)


def leave(stream):
    """Leave an empty line where lines were written over; nothing where the stream is no terminal."""
    if stream.isatty():
        stream.write("\r" + CLEAR)
