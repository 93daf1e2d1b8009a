"""An index is searched and written with the encoder that made it, and no other."""

from __future__ import annotations

from qa.encoder import Encoder
from qa.errors import IndexMismatch
from qa.store import StoreReader


def check_encoder(store: StoreReader, encoder: Encoder) -> None:
    """Raise IndexMismatch unless the index was made by this encoder."""
    stored = store.setting("encoder")
    if stored != encoder.fingerprint:
        raise IndexMismatch(
            f"the index was made with {store.setting('encoder_name')} ({(stored or '')[:8]}), "
            f"the encoder now is {encoder.name} ({encoder.fingerprint[:8]})",
            f"qa index PATH... --index indexes/new --model {encoder.name}",
        )
