"""Fetches the municipal accounts and the labour market from Statistics Denmark's Statbank.

python -m vfm.statbank, or make fetch-statbank, replaces the tables in seeds/statbank. docs/statbank.md
says which tables are asked and what is made of them.

The form of questions and answers is taken from Statistics Denmark's own page
(https://www.dst.dk/da/Statistik/hjaelp-til-statistikbanken/api), from the PyPI client denstatbank 0.8.1
(JSON is posted to /tableinfo and /data) and from what public repositories show of answers: content types,
byte-order mark, line ends and error replies in mikkelkrogsholm/dst-skills, variables and codes of each
table in josca42/varro.

- POST <url>/tableinfo {table, lang, format: "JSON"} gives the variables of a table, their codes, whether
  a variable may be left out (elimination) and what an absent row of a streamed answer stands for
  (suppressedDataValue).
- POST <url>/data {table, format, lang, valuePresentation, delimiter, variables: [{code, values}]} gives a
  table separated by semicolons, headed by the codes of the variables, TID and INDHOLD. BULK is streamed
  without limit, wants every variable, and leaves out cells that are 0. CSV gives every cell, up to a
  million, and sums over a variable that is left out. A stored cell without a number is '..'.
- An error is JSON, {errorTypeCode, message}, with status 400.

This was tried against a local server that answers in that form (tests/registers/test_statbank.py), never
against the live Statbank.
"""


class StatbankError(Exception):
    """What went wrong, in a sentence for a person; nothing was replaced."""
