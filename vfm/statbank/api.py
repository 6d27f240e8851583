"""Asks Statbank, patiently: time-outs, retries, and one sentence for every answer that cannot be used."""

import email.utils
import os
import time

import requests

from vfm.statbank import StatbankError

URL = "https://api.statbank.dk/v1"
BUSY = {429, 500, 502, 503, 504}  # worth asking again
BOM = b"\xef\xbb\xbf"


class Statbank:
    """A client of Statbank's API.

    Parameters
    ----------
    url : str, optional
        Default $VFM_STATBANK_URL, else the public address.
    attempts : int
        How often a question is asked before it is given up.
    connect_seconds, read_seconds : float
        Patience for a connection, and for each next piece of an answer.
    longest_wait : float
        Seconds; a server that asks for a longer pause (Retry-After) is not waited for.
    sleep : callable
        Takes seconds.
    """

    def __init__(
        self,
        url=None,
        *,
        attempts=4,
        connect_seconds=10,
        read_seconds=120,
        longest_wait=120,
        sleep=time.sleep,
    ):
        self.url = (url or os.environ.get("VFM_STATBANK_URL") or URL).rstrip("/")
        self.attempts = attempts
        self.timeout = (connect_seconds, read_seconds)
        self.longest_wait = longest_wait
        self.sleep = sleep
        self.session = requests.Session()

    def table_info(self, table: str) -> dict:
        """Return the description of a table: a dict whose `variables` have id, elimination, time and values.

        Raises
        ------
        StatbankError
            As for `data`.
        """
        answer = self._ask(table, "tableinfo", {"table": table, "lang": "da", "format": "JSON"})
        try:
            info = answer.json()
            [
                (variable["id"], [value["id"] for value in variable["values"]])
                for variable in info["variables"]
            ]
        except (ValueError, KeyError, TypeError) as problem:
            raise StatbankError(
                f"table {table}: {self.url}/tableinfo did not answer with a description of the table"
            ) from problem
        return info

    def data(self, table: str, form: str, variables: list[dict]) -> str:
        """Return the text of a table.

        Parameters
        ----------
        table : str
        form : str
            'BULK' or 'CSV'.
        variables : list of dict
            Each with code and values.

        Raises
        ------
        StatbankError
            If Statbank refuses, cannot be reached, or what answers is not Statbank.
        """
        question = {
            "table": table,
            "format": form,
            "lang": "da",
            "valuePresentation": "Code",
            "delimiter": "Semicolon",
            "variables": variables,
        }
        body = self._ask(table, "data", question).content.removeprefix(BOM)
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            return body.decode("cp1252", errors="replace")  # the headings then show what is wrong

    def _ask(self, table, function, question):
        """Post a question until there is an answer; `StatbankError` if none comes."""
        for attempt in range(1, self.attempts + 1):
            wait = 2.0**attempt
            try:
                answer = self.session.post(f"{self.url}/{function}", json=question, timeout=self.timeout)
            except requests.exceptions.SSLError as problem:
                raise StatbankError(
                    f"{self.url}: no safe connection, its certificate is not trusted here"
                ) from problem
            except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as problem:
                trouble = f"{self.url} cannot be reached: {_what_failed(problem)}"
            except requests.exceptions.Timeout:
                trouble = f"{self.url} cannot be reached: no answer in {self.timeout[1]:g} seconds"
            except requests.exceptions.RequestException as problem:
                raise StatbankError(
                    f"{self.url} cannot be asked ({problem}); VFM_STATBANK_URL sets it"
                ) from problem
            else:
                if answer.status_code in BUSY:
                    trouble = f"{self.url} answers {answer.status_code} {answer.reason}".rstrip()
                    wait = _retry_after(answer, wait)
                elif function == "data" and _is_table(answer) and not answer.content.endswith(b"\n"):
                    trouble = f"the answer of {self.url} is cut off in its last line"
                else:
                    self._refuse(table, function, answer)
                    return answer
            if wait > self.longest_wait:
                raise StatbankError(f"table {table}: {trouble} and asks for {wait:.0f} seconds of pause")
            if attempt < self.attempts:
                print(f"{table}: {trouble}; asking again in {wait:.0f} s", flush=True)
                self.sleep(wait)
        raise StatbankError(f"table {table}: {trouble} (asked {self.attempts} times)")

    def _refuse(self, table, function, answer):
        """Raise `StatbankError` for an answer that is an error or not Statbank's."""
        kind = _kind(answer)
        if kind.endswith("json") and (answer.status_code != 200 or function == "data"):
            raise StatbankError(f"table {table}: Statbank refuses the question, {_message(answer)}")
        if kind.endswith("html"):
            raise StatbankError(
                f"table {table}: {self.url} answers {answer.status_code} with a web page, which may be the "
                "log-in page of a proxy"
            )
        if answer.status_code != 200 or (function == "data" and not _is_table(answer)):
            raise StatbankError(
                f"table {table}: {self.url} answers {answer.status_code} {answer.reason}".rstrip()
                + f" with {kind or 'no content type'} where a table was asked for"
            )


def _kind(answer):
    return answer.headers.get("Content-Type", "").split(";")[0].strip().lower()


def _is_table(answer):
    return answer.status_code == 200 and _kind(answer) in (
        "text/csv",
        "text/plain",
        "application/octet-stream",
    )


def _message(answer):
    """Return Statbank's own words."""
    try:
        said = answer.json()
        text, code = said["message"], said.get("errorTypeCode")
    except (ValueError, KeyError, TypeError, AttributeError):
        text, code = "without a reason", None
    return " ".join(str(text).split())[:300] + (f" ({code})" if code else "")


def _what_failed(problem):
    """Say in a few words why a connection failed."""
    if isinstance(problem, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(problem, requests.exceptions.ProxyError):
        return "the proxy does not let it through"
    text = str(problem)
    for sign, words in {
        "Read timed out": "the answer stopped on its way",
        "IncompleteRead": "the answer was cut off",
        "NameResolution": "its name is not known here",
        "refused": "connection refused",
    }.items():
        if sign in text:
            return words
    return "the connection broke"


def _retry_after(answer, otherwise):
    """Return the seconds that a server asks to wait: a number, or until a date."""
    asked = answer.headers.get("Retry-After", "").strip()
    if asked.isdigit():
        return float(asked)
    try:
        until = email.utils.parsedate_to_datetime(asked).timestamp()
    except (TypeError, ValueError):
        return otherwise
    return max(until - time.time(), 0.0)
