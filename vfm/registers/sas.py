"""The reader of SAS files, which sees rows that are marked as deleted."""

from pandas.io.sas.sas7bdat import SAS7BDATReader

from vfm.registers.readers import UnreadableFileError

DELETED_ROWS = 7  # place of their number in the subheader of row sizes, in integers of the file
PAGE_TYPE = (0, 2)  # place and bytes, behind the page's offset
HAS_DELETED = 0x80  # of a page's type
COPY = (
    "that are marked as deleted and still in the file: ask for a copy without them "
    "(SAS: data new; set old; run;)"
)


class Reader(SAS7BDATReader):
    """pandas' reader, written against 2.3.3; it takes deleted rows for rows."""

    def _process_rowsize_subheader(self, offset, length):
        deleted = self._read_uint(offset + DELETED_ROWS * self._int_length, self._int_length)
        if deleted:
            raise UnreadableFileError(f"has {deleted:,} row{'s' if deleted > 1 else ''} {COPY}")
        super()._process_rowsize_subheader(offset, length)

    def _read_page_header(self):
        super()._read_page_header()
        place, size = PAGE_TYPE
        if self._read_uint(place + self._page_bit_offset, size) & HAS_DELETED:
            raise UnreadableFileError(f"has rows {COPY}")
