"""The second stage: a cross-encoder decides the order of the first hits."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import qa
from qa.encoder import load_reranker
from qa.errors import ModelNotFound

Run = Callable[..., subprocess.CompletedProcess[str]]
TEXTS = ["Rye rests a day.", "Wheat rests four hours.", "A stone oven keeps its heat.", "Snow fell on the rye."]
LETTERS = "abcdefghijklmnopqrstuvwxyz.?"


def save_model(folder: Path, labels: int = 1) -> None:
    """Save a cross-encoder of a few random weights that reads letters."""
    import torch
    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS])}
    tokenizer = Tokenizer(WordLevel(words, "[UNK]"))
    tokenizer.pre_tokenizer = Split(Regex("."), "isolated")
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, **special).save_pretrained(folder)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128, num_labels=labels, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cross encoder")
    save_model(folder)
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    (tmp_path / "c.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    qa.build([tmp_path / "c.txt"], tmp_path / "ix", model="hashing")
    return tmp_path / "ix"


def test_the_cross_encoder_decides_the_order(model: Path, index: Path) -> None:
    from sentence_transformers import CrossEncoder

    expected = CrossEncoder(str(model)).predict([("rye rests", text) for text in TEXTS])
    answer = qa.open(index).ask("rye rests", rerank=str(model))
    assert [one.quote for one in answer.citations] == [TEXTS[at] for at in np.argsort(-expected)]
    assert [one.rank for one in answer.citations] == [1, 2, 3, 4]
    told = [one.reasons.rerank for one in answer.citations if one.reasons]
    assert told == pytest.approx(sorted(expected.tolist(), reverse=True), abs=1e-4)
    assert [one.quote for one in qa.open(index).ask("rye rests").citations] != [one.quote for one in answer.citations]


def test_its_cost_is_explained(run_qa: Run, model: Path, index: Path) -> None:
    asked = ("ask", "rye rests", "--rerank", model, "--index", index, "--explain")
    done = run_qa(*asked)
    assert "; a cross-encoder read the first of them in " in done.stdout
    assert done.stdout.count("; cross-encoder ") == len(TEXTS)
    explanation = json.loads(run_qa(*asked, "--json").stdout)["explanation"]
    assert explanation["rerank_ms"] > 0
    figures = [hit["rerank"] for hit in explanation["hits"]]
    assert figures == sorted(figures, reverse=True)


def test_what_is_no_cross_encoder(run_qa: Run, tmp_path: Path, index: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelNotFound, match="cannot be loaded as a cross-encoder"):
        load_reranker(str(tmp_path / "empty"), print)
    save_model(tmp_path / "three", labels=3)
    with pytest.raises(ModelNotFound, match="gives 3 figures for a pair of texts, not one"):
        load_reranker(str(tmp_path / "three"), print)
    done = run_qa("ask", "rye", "--rerank", "./missing/folder", "--index", index)
    assert done.returncode == 2
    assert (
        done.stderr
        == "error: no cross-encoder './missing/folder': no folder of that name\nrun: qa ask --rerank FOLDER\n"
    )
    done = run_qa("ask", "rye", "--rerank", "cross-encoder/some-model", "--offline", "--index", index)
    assert (done.returncode, "--offline forbids fetching it" in done.stderr) == (2, True)
