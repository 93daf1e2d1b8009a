"""Comments -> passages with the keys of their vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qa.encoder import Encoder
from qa.passages import context_of, cut, surely_fits
from qa.records import Comment, Passage
from qa.store import vector_hash


def cut_comments(
    encoder: Encoder, block: Sequence[tuple[Comment, str | None]]
) -> Iterator[tuple[list[Passage], list[bytes]]]:
    """Cut comments, each with the text that it answers, into passages; the tokens of all are found at once."""
    texts = [comment.searched for comment, _ in block]
    long = [at for at, text in enumerate(texts) if not surely_fits(text, encoder.max_tokens)]
    offsets = dict(zip(long, encoder.token_offsets([texts[at] for at in long]), strict=True))
    for at, (comment, parent_text) in enumerate(block):
        passages = cut(comment, context_of(comment.thread_title, parent_text), offsets.get(at), encoder.max_tokens)
        yield passages, [vector_hash(encoder.fingerprint, one.context, one.searched) for one in passages]
