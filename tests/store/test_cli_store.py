"""`foresail store`: the table is made, a folder moves to it and back, mistakes end in exit 2."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml
from typer.testing import CliRunner

from foresail.cli import app
from foresail.errors import ForesailError
from foresail.sandbox import Sandbox
from foresail.store.opening import folder_store
from store.test_decisions import MADE
from store.test_opening import SERVICES

TABLE = {"table": "team", "bucket": "example-team"}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        running.client("s3").create_bucket(Bucket="example-team")
        yield running


@pytest.fixture
def run(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    monkeypatch.chdir(tmp_path)
    for name, store in (("folder", ".foresail"), ("team", TABLE)):
        data = {"region": "us-east-1", "services": SERVICES, "store": store}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(data))

    def invoke(*words):
        return CliRunner().invoke(app, ["store", *words])

    return invoke


def test_made_filled_from_a_folder_and_moved_out_again(run, tmp_path):
    folder = folder_store(tmp_path / ".foresail")
    made = replace(MADE, made=datetime.now(UTC))
    folder.decisions.write(made)
    folder.blobs.write("history/a.parquet", b"PAR1")
    to_team = ["migrate", "--config", "folder.yaml", "--to", "team.yaml"]
    too_early = run(*to_team)
    assert "there is no table team" in str(too_early.exception)
    assert run("create", "--config", "team.yaml").output == (
        "table team made; example-team is there\n"
    )
    again = json.loads(run("create", "--config", "team.yaml", "--json").stdout)
    assert again == {**TABLE, "created": False}
    done = json.loads(run(*to_team, "--json").stdout)
    assert (done["records"], done["blobs"], done["target"]) == (1, 1, "table team (foresail/)")
    back = run("migrate", "--config", "team.yaml", "--to", "back")
    assert back.exit_code == 0, back.output
    assert "1 records (1 now) and 1 blobs (1 now) are in back/store.sqlite" in back.stdout
    assert done["digest"] in back.stdout
    assert folder_store(tmp_path / "back").decisions.latest("shop") == [made]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "--config", "folder.yaml"), "is a folder"),
        (("migrate", "--config", "folder.yaml", "--to", "nowhere.yaml"), "no such file"),
        (("migrate", "--config", "folder.yaml", "--to", "file"), "file is no folder"),
        (("migrate", "--config", "folder.yaml", "--to", ".foresail"), "is the store itself"),
    ],
)
def test_mistakes_end_in_exit_2_with_a_cure(run, tmp_path, words, said):
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.iterdir())
    done = run(*words)
    assert isinstance(done.exception, ForesailError)
    assert (done.exception.exit_code, bool(done.exception.cure)) == (2, True)
    assert said in done.exception.message
    assert sorted(tmp_path.iterdir()) == before
