"""Python models that read many rows wait for each other; the others run side by side."""

import threading
from types import SimpleNamespace

import duckdb
import pytest

from vfm.warehouse import dbt_plugin


@pytest.mark.parametrize(("table", "together"), [("few", 2), ("many", 1)])
def test_models_of_many_rows_run_one_at_a_time(monkeypatch, table, together):
    connection = duckdb.connect()
    connection.execute("create table few as select 1 as x; create table many as from range(30) as t (x)")
    meeting, running, most = threading.Barrier(2), [], []

    def run(*arguments):
        running.append(arguments)
        most.append(len(running))
        try:
            meeting.wait(0.3 if together == 1 else 30)
        except threading.BrokenBarrierError:
            assert together == 1  # the other model came too late, as it should
        running.pop()

    monkeypatch.setattr(dbt_plugin, "MANY_ROWS", 20)
    monkeypatch.setattr(dbt_plugin, "submit_as_delivered", run)
    model = {"depends_on": {"nodes": [f"model.value_for_money.{table}", "model.value_for_money.gone"]}}

    def submit():
        handle = SimpleNamespace(cursor=connection.cursor)
        dbt_plugin.submit_python_job(None, handle, model, "")

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 2 and max(most) == together


def test_a_model_that_fails_lets_the_next_one_run(monkeypatch):
    connection = duckdb.connect()
    connection.execute("create table many as from range(30) as t (x)")

    def fail(*arguments):
        raise KeyError("x")

    monkeypatch.setattr(dbt_plugin, "MANY_ROWS", 20)
    monkeypatch.setattr(dbt_plugin, "submit_as_delivered", fail)
    model = {"depends_on": {"nodes": ["model.value_for_money.many"]}}
    with pytest.raises(KeyError):
        dbt_plugin.submit_python_job(None, SimpleNamespace(cursor=connection.cursor), model, "")
    assert not dbt_plugin.alone.locked()
