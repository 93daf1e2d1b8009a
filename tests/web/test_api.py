"""The API answers with what the command line prints."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

import qa
from qa.web.schemas import AskAnswer, CommentAmidThread, IndexStatus

Run = Callable[..., subprocess.CompletedProcess[str]]
Open = Callable[..., TestClient]


def untimed(text: str) -> str:
    """Return what is printed without the line that says how long it took."""
    return "\n".join(line for line in text.splitlines() if '"took_ms"' not in line)


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        (["what does a stone oven need?"], {"question": "what does a stone oven need?"}),
        (["stone oven", "-k", "2"], {"question": "stone oven", "k": 2}),
        (["fire", "--author", "nell", "--author", "@OLDGREP"], {"question": "fire", "author": ["nell", "@OLDGREP"]}),
        (["oven", "--since", "2024-01-06", "--before", "2024-02"],
         {"question": "oven", "since": "2024-01-06", "before": "2024-02"}),
        (["stale", "--thread", "index", "--mode", "words"], {"question": "stale", "thread": "index", "mode": "words"}),
        (["oven", "--all", "--explain"], {"question": "oven", "all": "true", "explain": "true"}),
        (["oven", "--source", "*.csv"], {"question": "oven", "source": "*.csv"}),
        (["qwx ☂ \u202e\x1b[31m"], {"question": "qwx ☂ \u202e\x1b[31m"}),
    ],
)  # fmt: skip
def test_an_answer_is_what_ask_prints(
    web: TestClient, run_qa: Run, ovens: Path, arguments: list[str], parameters: dict[str, Any]
) -> None:
    printed = run_qa("ask", *arguments, "--json", "--index", ovens)
    assert printed.returncode in (0, 1), printed.stderr
    served = web.get("/api/ask", params=parameters)
    assert (served.status_code, served.headers["content-type"]) == (200, "application/json")
    assert untimed(served.text) == untimed(printed.stdout)


def test_a_comment_is_what_show_prints(web: TestClient, run_qa: Run, ovens: Path) -> None:
    for comment_id in ("ovens.jsonl#b2", "ovens.jsonl#b5"):
        printed = run_qa("show", comment_id, "--json", "--index", ovens)
        served = web.get("/api/comments/" + comment_id.replace("#", "%23"))
        assert served.status_code == 200
        assert served.text == printed.stdout.rstrip("\n")


def test_the_status_is_what_status_prints(web: TestClient, run_qa: Run, ovens: Path) -> None:
    assert web.get("/api/status").text == run_qa("status", "--json", "--index", ovens).stdout.rstrip("\n")


def test_authors_are_completed_by_the_beginning_of_their_names(web: TestClient) -> None:
    def names(**parameters: Any) -> list[tuple[str, int]]:
        found = web.get("/api/authors", params=parameters).json()["authors"]
        return [(one["name"], one["comments"]) for one in found]

    assert names(prefix="@MAR") == [("Marit_O", 1), ("marit_o", 1)]
    assert names(prefix="x%") == []
    assert [name for name, _ in names()] == ["Marit_O", "marit_o", "nell", "oldgrep"]
    assert len(names(limit=2)) == 2


def test_the_documents_name_every_field_that_is_sent(web: TestClient) -> None:
    def described(model: type[BaseModel], sent: dict[str, Any]) -> None:
        assert set(sent) | {"reason"} == set(model.model_fields) | {"reason"}
        assert model.model_validate(sent).model_dump(mode="json", exclude_unset=True) == sent

    answer = web.get("/api/ask", params={"question": "stone oven", "explain": "true"}).json()
    described(AskAnswer, answer)
    described(type(AskAnswer.model_validate(answer).hits[0]), answer["hits"][0])
    described(CommentAmidThread, web.get("/api/comments/ovens.jsonl%23b2").json())
    described(IndexStatus, web.get("/api/status").json())


@pytest.mark.parametrize(
    ("address", "status", "error", "run"),
    [
        ("/api/comments/nobody", 404, "no comment has the id nobody", "qa list"),
        ("/api/ask", 422, "question: Field required", None),
        ("/api/ask?question=%20", 422, "question: String should match pattern '\\S'", None),
        ("/api/ask?question=oven&k=0", 422, "k: Input should be greater than or equal to 1", None),
        ("/api/ask?question=oven&k=101", 422, "k: Input should be less than or equal to 100", None),
        ("/api/ask?question=oven&mode=best", 422, "mode: Input should be 'hybrid', 'dense' or 'words'", None),
        ("/api/ask?question=oven&since=soon", 422, "--since 'soon' is not a date", "qa ask ... --since 2024-03-01"),
        ("/api/ask?question=" + "a" * 10_001, 422, "question: String should have at most 10000 characters", None),
        ("/api/nothing", 404, "there is nothing at this address", None),
    ],
)
def test_an_error_says_the_fact_and_what_mends_it(
    web: TestClient, address: str, status: int, error: str, run: str | None
) -> None:
    served = web.get(address)
    assert (served.status_code, served.json()) == (status, {"error": error, "run": run})


def test_only_get_is_answered(web: TestClient) -> None:
    served = web.post("/api/ask", json={"question": "oven"})
    assert (served.status_code, served.headers["allow"]) == (405, "GET")
    assert served.json() == {"error": "only GET is answered", "run": None}


def test_answers_follow_an_update_without_a_restart(tmp_path: Path, open_web: Open) -> None:
    source = tmp_path / "notes.txt"
    source.write_text("The ferry leaves at nine.\n", encoding="utf-8")
    qa.build([str(source)], tmp_path / "ix", model="hashing")
    web = open_web(tmp_path / "ix")

    def found() -> tuple[str, bool]:
        hit = web.get("/api/ask", params={"question": "when does the ferry leave?"}).json()["hits"][0]
        return hit["text"], hit["stale"]

    assert found() == ("The ferry leaves at nine.", False)
    source.write_text("The ferry leaves at half past ten.\n", encoding="utf-8")
    assert found() == ("The ferry leaves at nine.", True)
    qa.open(tmp_path / "ix").update()
    assert found() == ("The ferry leaves at half past ten.", False)


def test_a_failure_tells_nothing_of_the_program(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **settings: object) -> None:
        raise RuntimeError("secret of line 17")

    monkeypatch.setattr(qa.Assistant, "status", fail)
    for address in ("/api/status", "/collection"):
        served = web.get(address)
        assert served.status_code == 500
        assert "secret" not in served.text
        assert "Traceback" not in served.text
        assert served.headers["content-security-policy"].startswith("default-src 'none'")
    expected = {"error": "the server failed; what happened is in its own output", "run": None}
    assert web.get("/api/status").json() == expected


def test_the_documents_are_served_from_here(web: TestClient) -> None:
    assert json.loads(web.get("/openapi.json").text)["paths"].keys() == {
        "/api/ask", "/api/comments/{comment_id}", "/api/status", "/api/authors",
    }  # fmt: skip
    page = web.get("/docs").text
    assert "//cdn" not in page
    assert "https://" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "docs.js"):
        assert f"/static/{name}?v=" in page
        assert web.get(f"/static/{name}").status_code == 200
