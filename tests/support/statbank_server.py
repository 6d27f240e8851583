"""A Statbank on the loopback: answers in the true form from the shipped accounts, or in a faulty one.

The labour-market tables are made of round numbers whose measures are known by hand: see `labour_tables`.
"""

import json
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product

import pandas as pd

from vfm.warehouse.paths import PROJECT

SEEDS = PROJECT / "seeds"
CRLF = "\r\n"
ARTS = ["TOT", "UE", "I", *(f"S{kind}" for kind in range(10)), "77", "79", "86"]
#: Codes of REGKC are dranst, function and grouping; it has words where REGK100 has numbers.
REGKC = [
    {"id": "154660003", "text": "Drift - 5.46.60 - Grp. 003 Løntilskud"},
    {"id": "154661011", "text": "Drift - 5.46.61 - Grp. 011 Løntilskud til deltagere"},
    {"id": "254660001", "text": "Statsrefusion - 5.46.60 - Grp. 001"},
]
AGES = ["IALT", *map(str, range(126))]


@cache
def municipalities():
    return pd.read_csv(SEEDS / "classifications/municipalities.csv", dtype=str)


@cache
def account_table(name):
    """A shipped table as Statbank writes it: areas with three digits, groupings with three."""
    table = pd.read_csv(SEEDS / f"statbank/{name}.csv", sep=";", dtype=str)
    table["OMRÅDE"] = table["OMRÅDE"].str.zfill(3)
    if "GRUPPERING" in table:
        table["GRUPPERING"] = table["GRUPPERING"].str.zfill(3)
    return table


def account_variables(table):
    """The codes of each variable, more than the table has rows of."""
    years = [str(year) for year in range(2007, 2025)]
    more = {
        "OMRÅDE": [
            "000",
            *(f"08{region}" for region in "12345"),
            "910",
            *municipalities()["municipality_code"],
        ],
        "FUNKTION": ["2201", "54660", "54661"],
        "DRANST": list("1234567"),
        "EJER": list("12340"),
        "GRUPPERING": [*(f"{number:03d}" for number in range(1, 129)), "200", "999"],
        "ART": ARTS,
        "PRISENHED": ["LOBM", "INDL"],
        "TID": years,
    }
    return {column: more[column] for column in table.columns if column != "INDHOLD"}


def labour_tables():
    """Variables, those that may be left out, and a function that gives a cell, of each labour-market table.

    In every municipality and year 40 of 1,000 are unemployed, 600 employed persons work there (SOCIO 20:
    180, 25: 120, 30: 300) and 10 residents are of each age, so 470 are 18-64. In Copenhagen all is twice
    that, in Dragør (the same province) SOCIO 30 is missing, and at the end of 2009 residents are doubled.
    """
    codes = [*municipalities()["municipality_code"], "411"]
    areas, years = ["000", "084", *codes], [str(year) for year in range(2008, 2024)]
    socio = {"5": 0.0, "20": 0.3, "25": 0.2, "30": 0.5}

    def size(area):
        return 2 if area == "101" else 1

    def jobs(cell):
        missing = cell["OMRÅDE"] == "155" and cell["SOCIO"] == "30"
        return 0 if missing else 600 * socio[cell["SOCIO"]] * size(cell["OMRÅDE"])

    return {
        "AUL01": (
            {
                "OMRÅDE": areas, "YDELSESTYPE": ["TOT", "LDP"], "AKASSE": ["TOT", "48"],
                "ALDER": ["TOT", "16-24"], "KØN": ["TOT", "M", "K"], "TID": ["2007", *years],
            },
            {"AKASSE"},
            lambda cell: 40 * size(cell["OMRÅDE"]),
        ),
        "RAS400": (
            {"OMRÅDE": areas, "ALDER": ["TOT", "16-17"], "KØN": ["M", "K"], "TID": years},
            {"KØN"},
            lambda cell: 1000 * size(cell["OMRÅDE"]),
        ),
        "RAS301": (
            {
                "OMRÅDE": [*areas, "950"], "BRANCHE07": ["A", "B"], "SOCIO": list(socio),
                "ALDER": ["-15", "16-19"], "KOEN": ["M", "K"], "TID": years,
            },
            {"BRANCHE07", "ALDER", "KOEN"},
            jobs,
        ),
        "FOLK1A": (
            {
                "OMRÅDE": areas, "KØN": ["TOT", "1", "2"], "ALDER": AGES, "CIVILSTAND": ["TOT", "U"],
                "TID": [f"{year}K{quarter}" for year in range(2008, 2026) for quarter in range(1, 5)],
            },
            {"KØN", "ALDER", "CIVILSTAND"},
            lambda cell: 10 * size(cell["OMRÅDE"]) * (2 if cell["TID"] == "2010K1" else 1),
        ),
    }  # fmt: skip


class Server(ThreadingHTTPServer):
    """Answers as Statbank does.

    Attributes
    ----------
    asked : list of (function, question)
    faults : list of callable
        The first one answers the next question to /data instead (it takes the handler and the true body) and
        is then dropped; one that is marked `stays` answers every one.
    change_info, change_rows : callable
        Take the table's name and its description, or its lines without the header, and return them changed.
    bom, zeros, comma, turned : bool
        Whether BULK has a byte-order mark, cells of 0, decimal commas, its rows the other way.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.asked, self.faults = [], []
        self.change_info = self.change_rows = lambda table, what: what
        self.bom = self.zeros = self.comma = self.turned = False
        self.accounts = {name.upper(): account_table(name).copy() for name in ("regk31", "regk100")}
        self.labour = labour_tables()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def info(self, table):
        """The description of a table, or None."""
        if table in self.accounts:
            variables, optional = account_variables(self.accounts[table]), set()
        elif table in self.labour:
            variables, optional, _ = self.labour[table]
        elif table == "REGKC":
            return self.change_info(table, {"id": table, "variables": [{"id": "DRANST1", "values": REGKC}]})
        else:
            return None
        return self.change_info(
            table,
            {
                "id": table,
                "suppressedDataValue": "0",
                "variables": [
                    {
                        "id": "Tid" if name == "TID" else name,
                        "text": name.lower(),
                        "elimination": name in optional,
                        "time": name == "TID",
                        "values": [{"id": code, "text": code} for code in codes],
                    }
                    for name, codes in variables.items()
                ],
            },
        )

    def handle_error(self, request, client_address):
        """A client that has given up is not an error."""


class Handler(BaseHTTPRequestHandler):
    """One question."""

    def do_POST(self):  # noqa: N802
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        function = self.path.removeprefix("/v1/")
        self.server.asked.append((function, question))
        info = self.server.info(question["table"])
        if info is None:
            self.refuse("EXTRACT-NOTFOUND", f"Tabel findes ikke: {question['table']}")
        elif function == "tableinfo":
            self.send("text/json; charset=utf-8", json.dumps(info, ensure_ascii=False).encode())
        else:
            self.table(question, info)

    def table(self, question, info):
        """Answer /data by the rules of the form."""
        bulk, chosen = question["format"] == "BULK", {}
        sent = {entry["code"]: entry["values"] for entry in question["variables"]}
        for variable in info["variables"]:
            name, codes = variable["id"], [value["id"] for value in variable["values"]]
            if name not in sent:
                if bulk or not variable["elimination"]:
                    return self.refuse("EXTRACT-NOTALLOWED", f"Der skal vælges værdier for variabel: {name}")
                continue
            values = codes if sent[name] == ["*"] else sent[name]
            if wrong := [value for value in values if value not in codes]:
                return self.refuse("EXTRACT-NOTFOUND", f"Kan ikke finde værdien: {wrong[0]} ({name})")
            chosen[name.upper()] = values
        table = question["table"]
        if table in self.server.accounts:
            lines = self.account_lines(table, chosen)
        else:
            lines = self.labour_lines(table, chosen)
        lines = self.server.change_rows(table, lines)
        body = CRLF.join([";".join([*chosen, "INDHOLD"]), *lines, ""]).encode()
        body = b"\xef\xbb\xbf" * (self.server.bom or not bulk) + body
        if not self.server.faults:
            return self.send("text/csv; charset=utf-8", body)
        fault = self.server.faults[0]
        if not getattr(fault, "stays", False):
            self.server.faults.pop(0)
        return fault(self, body)

    def account_lines(self, table, chosen):
        rows = self.server.accounts[table]
        for column, values in chosen.items():
            rows = rows[rows[column].isin(values)]
        amounts = rows["INDHOLD"] + ",0" * self.server.comma
        lines = [";".join(cells) for cells in zip(*(rows[column] for column in chosen), amounts, strict=True)]
        if self.server.zeros:
            year = chosen["TID"][0]
            first = {column: values[0] for column, values in chosen.items()} | {"ART": "S9", "TID": year}
            lines += [";".join([*(first | {"OMRÅDE": area}).values(), "0"]) for area in chosen["OMRÅDE"]]
        return lines[::-1] if self.server.turned else lines

    def labour_lines(self, table, chosen):
        cell = self.server.labour[table][2]
        cells = (dict(zip(chosen, values, strict=True)) for values in product(*chosen.values()))
        return [";".join([*found.values(), f"{cell(found):g}"]) for found in cells]

    def refuse(self, code, message):
        said = json.dumps({"errorTypeCode": code, "message": message}, ensure_ascii=False)
        self.send("text/json; charset=utf-8", said.encode(), status=400)

    def send(self, kind, body, status=200, length=None, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def hang(seconds):
    """A fault: no answer in time."""
    return lambda handler, body: (time.sleep(seconds), handler.send("text/csv", body))


def stall(seconds):
    """A fault: half an answer in time."""

    def answer(handler, body):
        handler.send("text/csv", body[: len(body) // 2], length=len(body))
        time.sleep(seconds)

    return answer


def status(code, **headers):
    """A fault: an empty answer with a status; retry_after="1" is a header."""
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda handler, body: handler.send("text/plain", b"", status=code, headers=sent)


def page(handler, body):
    """A fault: the log-in page of a proxy."""
    handler.send("text/html; charset=utf-8", b"<html><body>Log in</body></html>\n")


def shortened(handler, body):
    """A fault: the connection ends before the announced length."""
    handler.send("text/csv; charset=utf-8", body[: len(body) // 2], length=len(body))
    handler.close_connection = True


def cut(handler, body):
    """A fault: the last line is cut, and the length is right."""
    handler.send("text/csv; charset=utf-8", body[:-4])


def refusal(handler, body):
    """A fault: Statbank's own error."""
    handler.refuse("REQUEST-LIMIT", "Forespørgslen er over begrænsningen")


def always(fault):
    """The fault, on every question."""

    def answer(handler, body):
        return fault(handler, body)

    answer.stays = True
    return answer
