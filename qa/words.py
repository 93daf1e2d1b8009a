"""Lexical search: BM25 over stemmed words. The only importer of tantivy; derived from the store.

tantivy opens only its latest commit, so each commit carries a marker: a document with the number and the token of the
change that the words are current to. A reader that finds the marker behind the store's change searches the gap in a
small index in memory.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import IndexDamaged, IndexNotWritable
from qa.records import Scope

if TYPE_CHECKING:
    import tantivy

# A passage's id and indexed text, then the keys of its author, thread and source, then its time in microseconds.
IndexedText = tuple[int, str, int | None, int | None, int, int | None]

_ANALYZER = "words-en-1"
_KEYS = ("author_key", "thread_key", "source_key", "created_at")
# Longer questions are cut: beyond this, more words only make the query slower.
_MOST_TERMS = 128
_FOOTER_MAGIC = 1337
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Words:
    """The word index of one folder, or, without a folder, in memory."""

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        self._analyzer = _analyzer()
        index.register_tokenizer(_ANALYZER, self._analyzer)
        self._searcher = index.searcher()
        self._folder: Path | None = None

    @classmethod
    def open(cls, folder: Path) -> Words:
        """Open what is in the folder. Raises: IndexDamaged where it cannot be read; it can be made again."""
        import tantivy

        with _readable(folder):
            words = cls(tantivy.Index.open(str(folder)))
        words._folder = folder
        return words

    @classmethod
    def create(cls, folder: Path) -> Words:
        """Make an empty word index in the folder, in place of what was there. Raises: IndexNotWritable."""
        import tantivy

        try:
            _clear_away(folder)
            folder.mkdir(parents=True)
            words = cls(tantivy.Index(_schema(), str(folder)))
        except (ValueError, OSError) as error:
            raise IndexNotWritable(f"cannot write {folder}: {error}", f"df -h {folder.parent}") from error
        words._folder = folder
        return words

    @classmethod
    def in_memory(cls, texts: Iterable[IndexedText]) -> Words:
        """Return a word index that lives as long as the process."""
        import tantivy

        words = cls(tantivy.Index(_schema()))
        words.commit(texts, [], "", 0)
        return words

    def marker(self) -> tuple[str, int]:
        """Return the token and the number of the change that the words are current to; ("", -1) where there is none.

        Raises: IndexDamaged.
        """
        import tantivy

        with _readable(self._folder):
            self._open_dictionaries()
            found = self._searcher.search(tantivy.Query.term_query(self._index.schema, "marker", 1), 1).hits
            if not found:
                return "", -1
            document = self._searcher.doc(found[0][1])
        return str(document.get_first("token")), int(document.get_first("change") or 0)

    def _open_dictionaries(self) -> None:
        """Have what is damaged noticed now, not by a question: tantivy opens a field's terms when one is first used."""
        self._searcher.doc_freq("text", "a")
        for key in ("passage_id", *_KEYS):
            self._searcher.doc_freq(key, 0)

    @property
    def passage_count(self) -> int:
        """The number of passages; the marker is no passage."""
        return max(0, int(self._searcher.num_docs) - 1)

    def commit(self, texts: Iterable[IndexedText], removed: Iterable[int], token: str, change: int) -> None:
        """Add and remove passages and set the marker, all at once. Raises: IndexNotWritable."""
        import tantivy

        if self._folder is not None:
            _drop_half_commits(self._folder)
        try:
            writer = self._index.writer(heap_size=64_000_000, num_threads=1)
            for passage_id in removed:
                writer.delete_documents_by_term("passage_id", passage_id)
            for row in texts:
                writer.add_document(_document(row))
            writer.delete_documents_by_term("marker", 1)
            writer.add_document(tantivy.Document(marker=1, token=token, change=change))
            writer.commit()
            writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise IndexNotWritable(f"cannot write the word index: {error}", "qa update") from error
        self._index.reload()
        self._searcher = self._index.searcher()

    def terms(self, text: str, cut: bool = True) -> dict[str, int]:
        """Return the words that a text is looked up by, stemmed, and how often it holds each; cut as a question is."""
        found = Counter(self._analyzer.analyze(clean(text)))
        return dict(islice(found.items(), _MOST_TERMS if cut else None))

    def shares(self, terms: Iterable[str]) -> dict[str, float]:
        """Return the share of the passages that holds each word, smoothed: between 0 and 1, both exclusive."""
        with _readable(self._folder):
            everything = int(self._searcher.num_docs)
            holding = {term: int(self._searcher.doc_freq("text", term)) for term in terms}  # deleted ones included
        return {term: (min(count, everything) + 0.5) / (everything + 1) for term, count in holding.items()}

    def search(self, question: str, count: int, scope: Scope) -> list[tuple[int, float]]:
        """Return the best (passage_id, BM25 score) of a scope, best first.

        Units: score is BM25 (k1 1.2, b 0.75; Robertson and Zaragoza 2009), above 0, in which a word counts as often as
        it is asked; equal scores by passage id.
        """
        return self._search(question, count, self._filters(scope))

    def score(self, question: str, passage_ids: Sequence[int]) -> list[tuple[int, float]]:
        """Return the (passage_id, BM25 score) of those of the passages that hold a word of the question."""
        import tantivy

        among = tantivy.Query.term_set_query(self._index.schema, "passage_id", list(passage_ids))
        return self._search(question, len(passage_ids), [among])

    def _search(self, question: str, count: int, filters: list[tantivy.Query]) -> list[tuple[int, float]]:
        import tantivy

        terms = self.terms(question)
        if not terms or count < 1:
            return []
        wanted = [(tantivy.Occur.Should, self._term_query(term, asked)) for term, asked in terms.items()]
        query = tantivy.Query.boolean_query(wanted)
        if filters:
            query = query.and_must_match(*(tantivy.Query.const_score_query(one, 0.0) for one in filters))
        with _readable(self._folder):
            hits = self._searcher.search(query, count, count=False).hits
            ids = self._searcher.fast_field_values("passage_id", [address for _, address in hits])
        found = [(int(key), float(score)) for key, (score, _) in zip(ids, hits, strict=True) if key is not None]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _term_query(self, term: str, asked: int) -> tantivy.Query:
        import tantivy

        query = tantivy.Query.term_query(self._index.schema, "text", term, "freq")
        return query if asked == 1 else tantivy.Query.boost_query(query, float(asked))

    def _filters(self, scope: Scope) -> list[tantivy.Query]:
        import tantivy

        schema = self._index.schema
        keys = zip(_KEYS, (scope.authors, scope.threads, scope.sources), strict=False)
        filters = [tantivy.Query.term_set_query(schema, field, list(some)) for field, some in keys if some is not None]
        if scope.since is not None or scope.before is not None:
            filters.append(
                tantivy.Query.range_query(
                    schema,
                    "created_at",
                    tantivy.FieldType.Integer,
                    scope.since,
                    scope.before,
                    include_lower=True,
                    include_upper=scope.before is None,  # tantivy wants an open side inclusive
                )
            )
        return filters


def damaged_files(folder: Path) -> list[Path]:
    """Return the files that no longer match the CRC-32 that tantivy wrote behind their content.

    Its footer: JSON with the checksum, the length of that, a magic number, both four bytes, little-endian.
    """
    damaged = []
    for path in sorted(folder.glob("*.*")):
        if path.suffix in (".json", ".lock"):
            continue
        content = path.read_bytes()
        length, magic = struct.unpack("<II", content[-8:]) if len(content) >= 8 else (0, 0)
        end = len(content) - 8 - length
        if magic != _FOOTER_MAGIC or end < 0 or _footer_checksum(content[end:-8]) != zlib.crc32(content[:end]):
            damaged.append(path)
    return damaged


def _footer_checksum(footer: bytes) -> int | None:
    try:
        return int(json.loads(footer)["crc"])
    except (ValueError, KeyError, TypeError):
        return None


@contextmanager
def _readable(folder: Path | None) -> Iterator[None]:
    """Turn tantivy's errors into ours; over damaged files it also panics, which is no Exception."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        raise IndexDamaged(f"{folder} cannot be read: {error}", "qa repair") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise IndexDamaged(f"{folder} cannot be read: it is damaged", "qa repair") from error
        raise


def _clear_away(folder: Path) -> None:
    """Remove a folder and all in it, though a merging thread of tantivy's may still be putting files there."""
    aside = folder.with_name(folder.name + ".old")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.is_dir():
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        folder.unlink(missing_ok=True)


def _drop_half_commits(folder: Path) -> None:
    """Remove lists of deleted documents that no commit names: a killed one left them, and they cannot be written over.

    tantivy calls such a list by its segment and the number of the operation that made it.
    """
    segments = json.loads((folder / "meta.json").read_text(encoding="utf-8")).get("segments", [])
    lists = {(one["segment_id"].replace("-", ""), one["deletes"]["opstamp"]) for one in segments if one.get("deletes")}
    named = {f"{segment}.{operation}.del" for segment, operation in lists}
    for path in folder.glob("*.del"):
        if path.name not in named:
            path.unlink(missing_ok=True)


def clean(text: str) -> str:
    """Return text without lone surrogates, which have no UTF-8; its length stays."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def _analyzer() -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(64)).filter(Filter.lowercase())
    return (
        builder.filter(Filter.ascii_fold()).filter(Filter.stopword("english")).filter(Filter.stemmer("english")).build()
    )


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("passage_id", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
    for key in _KEYS:
        builder.add_integer_field(key, indexed=True, fast=True)
    builder.add_integer_field("marker", indexed=True)
    builder.add_text_field("token", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("change", stored=True)
    return builder.build()


def _document(row: IndexedText) -> tantivy.Document:
    import tantivy

    passage_id, text, *keys = row
    document = tantivy.Document()
    document.add_integer("passage_id", passage_id)
    document.add_text("text", clean(text))
    for field, key in zip(_KEYS, keys, strict=True):
        if key is not None:
            document.add_integer(field, key)
    return document
