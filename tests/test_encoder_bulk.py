"""Encoding much: batches of similar length, work done ahead, and a GPU where there is one."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qa.encoder.bulk as bulk
from qa.encoder import DEFAULT_MODEL, PassageInput, fast_name, load_encoder
from qa.encoder.batching import BATCH_TOKENS, Row, ahead, batches, groups_by_length
from qa.encoder.bulk import BULK, BulkSession, Inputs, Session, States, TorchSession, open_gpu
from qa.encoder.compiled import CompiledEncoder
from qa.encoder.kept import kept_folder
from qa.encoder.model_files import ModelFiles, find_model

# Batches.


def row(length: int) -> Row:
    return Row(0, [7] * length, [])


@given(st.lists(st.integers(1, 300)))
def test_batches_hold_each_row_once_in_order_and_fit(lengths: list[int]) -> None:
    found = list(batches(map(row, lengths), 512))
    assert [len(one.ids) for batch in found for one in batch] == lengths
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(len(one.ids) for one in batch) <= 512


def test_batches_are_as_full_as_they_can_be() -> None:
    assert [len(batch) for batch in batches(map(row, [512, 256, 256, 171, 171, 170]), 512)] == [1, 2, 2, 1]


@given(st.lists(st.integers(0, 2000), max_size=400))
def test_groups_hold_each_passage_once_the_longest_first(lengths: list[int]) -> None:
    passages = [PassageInput("c" * (length // 2), "t" * (length - length // 2), ()) for length in lengths]
    places = [place for group in groups_by_length(passages) for place in group]
    assert sorted(places) == list(range(len(lengths)))
    assert [lengths[place] for place in places] == sorted(lengths, reverse=True)


def test_little_is_padded() -> None:
    lengths = [int(length) for length in np.clip(np.random.default_rng(0).lognormal(4, 0.8, 512), 3, 256)]
    passages = [PassageInput("", "four" * length, ()) for length in lengths]
    rows = (row(lengths[place]) for group in groups_by_length(passages) for place in group)
    padded = sum(len(batch) * max(len(one.ids) for one in batch) for batch in batches(rows))
    assert 1 <= padded / sum(lengths) < 1.06


def test_the_next_is_made_while_one_is_used() -> None:
    making_second = threading.Event()

    def make(part: int) -> int:
        if part == 2:
            making_second.set()
        return part * 10

    made = ahead(make, [1, 2, 3])
    assert next(made) == 10
    assert making_second.wait(10)
    assert list(made) == [20, 30]
    assert list(ahead(make, [])) == []


def test_what_is_raised_ahead_is_raised_in_its_place() -> None:
    def make(part: int) -> float:
        return 6 / part

    made = ahead(make, [3, 2, 0, 1])
    assert [next(made), next(made)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(made)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("qa-ahead")]


def test_who_stops_early_leaves_no_thread() -> None:
    def use() -> None:
        for made in ahead(str, range(100)):
            raise LookupError(made)

    with pytest.raises(LookupError, match="0"):
        use()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("qa-ahead")]


@pytest.mark.model
def test_many_passages_keep_their_places() -> None:
    encoder = load_encoder()
    texts = [f"Comment {number} says {'very ' * (number * 7 % 40)}little." for number in range(300)]
    encoded = encoder.encode_passages([PassageInput("", text, ()) for text in texts])
    for place in (0, 1, 127, 128, 129, 255, 256, 299):
        assert float(encoded[place].vector @ encoder.encode_query(texts[place])) >= 0.9999


# A GPU.


class Counting:
    """A session whose states are made of the ids; scale makes them those of another model."""

    def __init__(self, shift: float = 0.0, fails_at: int = -1) -> None:
        self.shift, self.fails_at, self.runs = shift, fails_at, 0

    def run(self, names: None, inputs: Inputs) -> list[States]:
        self.runs += 1
        if self.runs == self.fails_at:
            raise RuntimeError("out of memory\nand a long trace")
        ids = inputs["input_ids"].astype(np.float32)
        return [np.stack([ids + 1, np.full_like(ids, 1 + self.shift), ids % 3], axis=2)]


INPUTS = {"input_ids": np.array([[1, 2, 3]], np.int64), "attention_mask": np.ones((1, 3), np.int64)}


def test_a_gpu_is_opened_once_when_there_is_much_to_encode() -> None:
    cpu, gpu, opened, told = Counting(), Counting(), [], list[str]()

    def open_it() -> Session:
        opened.append(1)
        return gpu

    session = BulkSession(cpu, open_it, told.append)
    session.expect(BULK - 1)
    session.run(None, INPUTS)
    assert (opened, cpu.runs, gpu.runs, session.batch_tokens) == ([], 1, 0, BATCH_TOKENS)
    session.expect(1)
    compared = gpu.runs
    session.run(None, INPUTS)
    session.expect(10 * BULK)
    assert (opened, cpu.runs, gpu.runs) == ([1], 2, compared + 1)
    assert session.batch_tokens > BATCH_TOKENS
    assert told == ["many passages: the GPU encodes the rest"]


@pytest.mark.parametrize(
    ("gpu", "why"),
    [
        (Counting(shift=5.0), r"the GPU is not used \(its vectors differ, cosine 0\.\d+\): the processor encodes on"),
        (Counting(fails_at=1), r"the GPU is not used \(out of memory\): the processor encodes on"),
    ],
)
def test_a_gpu_that_cannot_be_trusted_is_not_used(gpu: Counting, why: str) -> None:
    told: list[str] = []
    cpu = Counting()
    session = BulkSession(cpu, lambda: gpu, told.append)
    session.expect(BULK)
    runs = gpu.runs
    np.testing.assert_array_equal(session.run(None, INPUTS)[0], Counting().run(None, INPUTS)[0])
    assert (gpu.runs, session.batch_tokens) == (runs, BATCH_TOKENS)
    (line,) = told
    assert re.fullmatch(why, line)


def test_a_gpu_that_fails_midway_gives_over_to_the_processor() -> None:
    told: list[str] = []
    cpu, gpu = Counting(), Counting(fails_at=3)
    session = BulkSession(cpu, lambda: gpu, told.append)
    session.expect(BULK)
    for _ in range(3):
        np.testing.assert_array_equal(session.run(None, INPUTS)[0], Counting().run(None, INPUTS)[0])
    assert (gpu.runs, cpu.runs) == (3, 3)
    assert told[1:] == ["the GPU is not used (out of memory): the processor encodes on"]


def test_what_fails_on_the_processor_is_raised() -> None:
    session = BulkSession(Counting(fails_at=1), lambda: None, print)
    session.expect(BULK)
    with pytest.raises(RuntimeError, match="out of memory"):
        session.run(None, INPUTS)


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if Path("/proc/driver/nvidia/version").exists() or sys.platform == "darwin":
        pytest.skip("this machine has a GPU")
    monkeypatch.setattr(bulk.shutil, "which", lambda name: None)
    return


@pytest.mark.usefixtures("without_gpu")
def test_without_a_gpu_torch_is_not_even_imported(
    monkeypatch: pytest.MonkeyPatch, files: Callable[..., ModelFiles]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it would raise
    assert open_gpu(files(), Path("model.onnx")) is None


def test_int8_stays_on_the_processor(monkeypatch: pytest.MonkeyPatch, files: Callable[..., ModelFiles]) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(bulk.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert open_gpu(files(fast=True), Path("model.onnx")) is None
    with pytest.raises(ImportError):
        open_gpu(files(fast=False), Path("model.onnx"))


@pytest.fixture
def files() -> Callable[..., ModelFiles]:
    def make(fast: bool = False) -> ModelFiles:
        return ModelFiles("a model", Path("a model"), 128, "mean", False, "", "", "fingerprint", fast)

    return make


@pytest.mark.model
@pytest.mark.usefixtures("without_gpu")
def test_a_driver_without_a_gpu_that_torch_can_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert open_gpu(find_model(DEFAULT_MODEL), Path("model.onnx")) is None


@pytest.mark.model
def test_torch_gives_the_vectors_of_the_compiled_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU, but on the device "cpu"."""
    model = find_model(DEFAULT_MODEL)
    compiled = load_encoder()
    told: list[str] = []
    monkeypatch.setattr(bulk, "BULK", 2)
    monkeypatch.setattr(bulk, "open_gpu", lambda model, graph: TorchSession(model.folder, "cpu"))
    encoder = CompiledEncoder(model, kept_folder(model), notice=told.append)
    texts = ["Yes.", "The index was stale for a week. Nobody noticed.", "+1", "word " * 300]
    passages = [PassageInput("A title", text, ((0, 4),)) for text in texts]
    there = encoder.encode_passages(passages)
    assert told == ["many passages: the GPU encodes the rest"]
    for one, other in zip(there, compiled.encode_passages(passages), strict=True):
        assert float(one.vector @ other.vector) >= 0.9999
        assert float(one.sentences[0] @ other.sentences[0]) >= 0.9999


@pytest.mark.model
def test_int8_differs_so_much_that_a_gpu_would_be_refused() -> None:
    """What keeps vectors of two kinds out of one index."""
    full, fast = (kept_folder(find_model(name)) / "model.onnx" for name in (DEFAULT_MODEL, fast_name(DEFAULT_MODEL)))
    load_encoder(), load_encoder(fast_name(DEFAULT_MODEL))
    import onnxruntime

    cpu, gpu = (onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]) for path in (full, fast))
    told: list[str] = []
    BulkSession(cpu, lambda: gpu, told.append).expect(BULK)
    assert len(told) == 1
    assert told[0].startswith("the GPU is not used (its vectors differ, cosine 0.")
