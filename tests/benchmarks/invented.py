"""Invented comments, as many as wanted: the same seed and size give the same ones, block by block, in little memory.

Words are drawn as people use them: a few all the time, most of them hardly ever (Zipf). Comments have titles, threads,
authors (a few of whom write most), dates over ten years, and lengths around 40 words with a long tail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

SOURCES = 32
FIRST_DAY = datetime(2015, 1, 1, tzinfo=UTC)
DAYS = 3650
HALF = "2020-01-01"  # about half of the comments are younger
_WORDS = 50_000
_ZIPF = 1.15
_AUTHOR_ZIPF = 0.9
_MEDIAN_WORDS, _LENGTH_SPREAD, _MOST_WORDS = 40, 0.9, 400
_MEDIAN_THREAD, _THREAD_SPREAD = 8, 1.0
_COMMON = """
the to and a of i it is that in you for this not but be have on are with as was they if so at my just or like what do
can one from would an there all about your we more when people who no think has than some get because how out up their
he don't know them been good by really even will only time me which were other into had now much should want any then
could see way make also most use over here very those too its did still being same something why two where need going
better first after work never things thing lot say same years back off our these us through well right many down pretty
before actually without every day always got someone around made new little long few bad find year might since point
old best problem real while maybe least anyone sure reason take doing part different enough another money car house food
water music film book game phone computer software company government school law child family friend city country war
history science language question answer idea story price market job health doctor sleep weather garden dog cat road
train bike coffee bread kitchen paint wood metal glass paper screen battery engine network server database release
version test bug code file page link post comment thread forum moderator rule vote news video camera photo light colour
sound voice memory number example result change cost risk trust answerable weekly cache index search query model
"""
# Parts of syllables; a syllable may end in none.
_ONSETS = "b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr qu r s sc sh sk sl sp st str t th tr v w z"
_VOWELS = "a e i o u ai ea ee io ou oa"
_CODAS = "n r s t l m d nd nt st rk ng ck x"
_FIXED = (
    "What do people find hardest to believe about this?",
    "Why did we move away from weekly releases?",
    "How long does it take before a new battery is worth the money?",
    "Which bread is the easiest to bake without a machine?",
    "Did anyone find a doctor who takes the problem seriously?",
    "Is it better to rent or to buy a house in a city like this?",
    "What happens to the index when a comment is deleted?",
    "Who disagreed with the moderator, and why?",
    "What would you tell someone who starts to learn a language?",
    "Does the camera on this phone work in the dark?",
    "How do I keep the cat off the kitchen table?",
    "What is the cheapest way to get from the airport into town?",
)
_TEMPLATES = (
    "What do people say about {} and {}?",
    "Why is {} better than {}?",
    "How much does a {} with {} cost?",
    "Has anyone here had a problem with {} after {}?",
    "When did the {} stop being about {}?",
    "Who recommended {} for a {}, and why?",
)


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread's comments, as records to be written: one dict for each, in order."""

    source: int
    rows: list[dict[str, str]]


class Invention:
    """`size` comments in threads, each thread in one of the sources."""

    def __init__(self, size: int, seed: int = 0) -> None:
        self.size = size
        self._seed = seed
        rng = np.random.default_rng([seed, 1])
        self.words = _vocabulary(rng)
        self._ranks = _zipf(len(self.words), _ZIPF)
        self.authors = _names(rng, min(20_000, max(200, int(2000 * (size / 10_000) ** 0.5))))
        self._author_ranks = _zipf(len(self.authors), _AUTHOR_ZIPF)

    def threads(self) -> Iterator[Thread]:
        """Yield the threads, source after source, until there are `size` comments."""
        number = 0
        for source in range(SOURCES):
            left = self.size * (source + 1) // SOURCES - self.size * source // SOURCES
            while left:
                rng = np.random.default_rng([self._seed, 2, number])
                count = min(left, _length(rng, _MEDIAN_THREAD, _THREAD_SPREAD, 500))
                yield Thread(source, self._thread(rng, number, count))
                left -= count
                number += 1

    def questions(self, count: int) -> list[str]:
        """Return that many questions, no two alike: some fixed ones, then of invented words and of common ones."""
        rng = np.random.default_rng([self._seed, 3])
        asked = dict.fromkeys(_FIXED[:count])
        while len(asked) < count:
            pair = self._drawn(rng, 1)[0], self.words[int(rng.integers(50, 5000))]
            asked[_TEMPLATES[len(asked) % len(_TEMPLATES)].format(*pair)] = None
        return list(asked)

    def _thread(self, rng: np.random.Generator, number: int, count: int) -> list[dict[str, str]]:
        title = " ".join(self._drawn(rng, int(rng.integers(4, 10)))).capitalize()
        moment = FIRST_DAY + timedelta(seconds=int(rng.random() * DAYS * 86_400))
        authors = np.searchsorted(self._author_ranks, rng.random(count))
        rows: list[dict[str, str]] = []
        for at in range(count):
            moment += timedelta(seconds=int(rng.exponential(6 * 3600)))
            row = {"id": f"t{number}c{at}", "author": self.authors[int(authors[at])]}
            row |= {"created_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "thread_id": f"t{number}", "title": title}
            if at and rng.random() < 0.7:
                row["parent_id"] = f"t{number}c{max(0, at - int(rng.geometric(0.5)))}"
            row["url"] = f"https://forum.example.org/t/{number}/{at}"
            rows.append({**row, "text": self._text(rng)})
        return rows

    def _text(self, rng: np.random.Generator) -> str:
        words = self._drawn(rng, _length(rng, _MEDIAN_WORDS, _LENGTH_SPREAD, _MOST_WORDS))
        sentences, at = [], 0
        while at < len(words):
            length = _length(rng, 14, 0.5, 40)
            end = "?" if rng.random() < 0.1 else "."
            sentences.append(" ".join(words[at : at + length]).capitalize() + end)
            at += length
        return " ".join(sentences)

    def _drawn(self, rng: np.random.Generator, count: int) -> list[str]:
        return [self.words[at] for at in np.searchsorted(self._ranks, rng.random(count))]


def _length(rng: np.random.Generator, median: float, spread: float, most: int) -> int:
    return min(most, max(1, int(median * np.exp(spread * rng.standard_normal()))))


def _zipf(count: int, power: float) -> NDArray[np.float64]:
    """Return the cumulated shares of `count` ranks (Zipf-Mandelbrot)."""
    shares = 1 / (np.arange(count) + 2.7) ** power
    cumulated: NDArray[np.float64] = np.cumsum(shares / shares.sum())
    cumulated[-1] = 1.0
    return cumulated


def _vocabulary(rng: np.random.Generator) -> list[str]:
    """Return the words, the most used ones first; those used least are longer."""
    words = dict.fromkeys(_COMMON.split())
    for word in _pronounceable(rng, 2 * _WORDS):
        words.setdefault(word)
        if len(words) == _WORDS:
            break
    return list(words)


def _names(rng: np.random.Generator, count: int) -> list[str]:
    return [f"{word}_{rank}" for rank, word in enumerate(_pronounceable(rng, count))]


def _pronounceable(rng: np.random.Generator, count: int) -> Iterator[str]:
    parts = (_ONSETS.split(), _VOWELS.split(), ["", *_CODAS.split()])
    numbers = rng.random((count, 3, 3))
    for at, syllables in enumerate((numbers * [len(some) for some in parts]).astype(int).tolist()):
        length = 2 + (at > 10_000)
        yield "".join(some[one] for syllable in syllables[:length] for one, some in zip(syllable, parts, strict=True))
