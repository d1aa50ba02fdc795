"""What is stored, as its owner exports it, backs it up, forgets it and puts it back; with a router and without."""

import csv
import io
import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from tests.e2e.conftest import Router, serving
from tests.e2e.test_service import ANSWER
from tests.e2e.test_service import tiny_server as tiny_server

SECRET = "the password is xyzzy"
Cli = Callable[..., Result]


def ask(router: Router, session: str) -> str:
    """The id of an exchange that is on record."""
    body = {"model": "auto", "messages": [{"role": "user", "content": SECRET}]}
    headers = {"content-type": "application/json", "x-session-id": session}
    asked = urllib.request.Request(f"{router.url}/v1/chat/completions", json.dumps(body).encode(), headers)
    urllib.request.urlopen(asked, timeout=30).close()
    found: str = router.call("/admin/exchanges?limit=1")["items"][0]["id"]
    return found


def held(folder: Path, word: str) -> int:
    """How often the database and what belongs to it hold a word."""
    return sum(one.read_bytes().count(word.encode()) for one in folder.glob("router.db*") if one.suffix != ".db-shm")


def test_what_is_stored_with_a_router_that_runs_and_without(tmp_path: Path, tiny_server: str, cli: Cli) -> None:
    with serving(tmp_path, "--no-embedded", config=tiny_server) as router:
        router.until(lambda: router.call("/admin/models"))
        at = ("--url", f"http://127.0.0.1:{router.port}")
        work, home = ask(router, "work"), ask(router, "home")
        router.call("/v1/feedback", {"exchange_id": home, "rating": "down", "comment": f"it knows {SECRET}"})

        lines = [json.loads(line) for line in cli("export", *at).stdout.splitlines()]
        assert [line["id"] for line in lines] == [home, work]
        (bad,) = cli("export", "--filter", "you:- text:xyzzy", *at).stdout.splitlines()
        assert json.loads(bad)["id"] == home
        assert [one["id"] for one in router.call("/admin/exchanges?filter=you:-")["items"]] == [home]
        assert SECRET not in cli("export", *at).stdout
        assert SECRET in cli("export", "ratings", "--texts", *at).stdout
        (row, _) = csv.DictReader(io.StringIO(cli("export", "--csv", "--texts", *at).stdout))
        assert (row["prompt"], row["answer"], row["rating"]) == (SECRET, ANSWER, "-1.0")

        copy, db = tmp_path / "copy.db", ("--db", str(router.database))
        assert "a copy of" in cli("backup", str(copy), *db).stdout
        again = cli("backup", str(copy), *db)
        assert (again.exit_code, "is not written over" in again.stderr) == (2, True)
        used = cli("restore", str(copy), *db)
        assert (used.exit_code, "a router uses" in used.stderr) == (2, True)

        assert cli("forget", "--session", "work", *at).stdout == "the texts of 1 exchange are gone\n"
        assert [line["prompt"] for line in router.call("/admin/snapshot")["exchanges"]] == [SECRET, ""]
        assert cli("forget", "--all", *at).exit_code == 1, "it asks first"
        assert cli("forget", "--all", "--yes", *at).stdout == "the texts of 1 exchange and 1 note are gone\n"
        assert held(tmp_path, "xyzzy") == held(tmp_path, ANSWER) == 0
        assert SECRET not in json.dumps(router.call("/admin/snapshot"))
        assert cli("forget", "--exchange", "nope", *at).exit_code == 2

    # without one
    assert "what was there is" in cli("restore", str(copy), *db).stdout
    assert held(tmp_path, "xyzzy") > 0
    assert cli("export", "--filter", "you:+", *db).stdout == ""
    refused = cli("export", "--filter", "margin:low", *db)
    assert (refused.exit_code, "margin: compares a number" in refused.stderr) == (2, True)
    told = [json.loads(line) for line in cli("export", "--texts", *db).stdout.splitlines()]
    assert [line["prompt"] for line in told] == [SECRET, SECRET]
    out = tmp_path / "out.csv"
    assert cli("export", "--csv", "-o", str(out), *db).exit_code == 0
    assert out.read_text().count("\n") == 3
    assert cli("export", "-o", str(out), *db).exit_code == 2
    assert cli("forget", "--exchange", home, *db).stdout == "the texts of 1 exchange and 1 note are gone\n"
    assert cli("forget", *db).exit_code == 2
    assert cli("forget", "--all", "--yes", *db).exit_code == 0
    aside = next(one for one in tmp_path.glob("router.db.before-restore-*") if one.name[-1].isdigit())
    for one in tmp_path.glob("router.db*"):
        assert one.name.startswith(aside.name) or b"xyzzy" not in one.read_bytes()


@pytest.mark.thorough
def test_a_running_router_goes_on_with_a_copy_and_keeps_what_came_since(
    tmp_path: Path, tiny_server: str, cli: Cli
) -> None:
    with serving(tmp_path, "--no-embedded", config=tiny_server) as router:
        router.until(lambda: router.call("/admin/models"))
        at = ("--url", f"http://127.0.0.1:{router.port}")
        early = ask(router, "early")
        router.call("/v1/feedback", {"exchange_id": early, "rating": "up"})
        router.call("/admin/settings", {"key": "quality_preference", "value": 0.9})
        copy = tmp_path / "copy.db"
        assert cli("backup", str(copy), "--db", str(router.database)).exit_code == 0
        late = ask(router, "late")
        router.call("/v1/feedback", {"exchange_id": late, "rating": "down"})
        router.call("/admin/settings", {"key": "quality_preference", "value": 0.1})

        bad = tmp_path / "bad.db"
        bad.write_bytes(b"no database" * 1000)
        refused = cli("restore", str(bad), *at)
        assert (refused.exit_code, "is not a database, or is damaged" in refused.stderr) == (1, True)
        posted = urllib.request.Request(
            f"{router.url}/admin/restore", bad.read_bytes(), {"content-type": "application/octet-stream"}
        )
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(posted, timeout=30)
        assert (error.value.code, b"what was sent is not a database" in error.value.read()) == (400, True)
        assert [one["id"] for one in router.call("/admin/exchanges")["items"]] == [late, early], "nothing was touched"

        told = cli("restore", str(copy), *at)
        assert told.exit_code == 0, told.stderr
        (aside,) = [one for one in tmp_path.glob("router.db.before-restore-*") if one.name[-1].isdigit()]
        assert told.stdout == f"the database of the router at {at[1]}: as it is in {copy}; what was there is {aside}\n"
        assert not list(tmp_path.glob(".router.db*")), "the copy that was sent left nothing behind"
        assert [one["id"] for one in router.call("/admin/exchanges")["items"]] == [early]
        assert [one["exchange_id"] for one in router.call("/admin/ratings")["items"]] == [early]
        assert set_to(router, "quality_preference") == 0.9
        after = ask(router, "after")
        router.call("/v1/feedback", {"exchange_id": after, "rating": "up"})
        assert [one["id"] for one in router.call("/admin/exchanges")["items"]] == [after, early]
        assert router.process.poll() is None
        assert router.call("/health")["problems"] == []
        assert f"what was there is {aside}" in router.log.read_text()

        # what was acknowledged before it is in the safety copy, which can be gone back to
        back = cli("restore", str(aside), *at)
        assert back.exit_code == 0, back.stderr
        assert [one["exchange_id"] for one in router.call("/admin/ratings")["items"]] == [late, early]
        assert set_to(router, "quality_preference") == 0.1

        with closing(sqlite3.connect(router.database)) as other:
            other.execute("SELECT count(*) FROM exchange").fetchone()
            used = cli("restore", str(copy), *at)
        assert (used.exit_code, "another program uses" in used.stderr) == (1, True)
        assert [one["code"] for one in router.call("/admin/snapshot")["service"]["problems"]] == ["not_restored"]
        assert [one["id"] for one in router.call("/admin/exchanges")["items"]] == [late, early]
    assert not list(tmp_path.glob(".router.db*"))


def set_to(router: Router, key: str) -> object:
    return next(one["value"] for one in router.call("/admin/settings") if one["key"] == key)
