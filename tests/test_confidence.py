"""How sure an answer is: from what was found, on the collection's own scale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qa
from qa.confidence import BAR, Calibration, Evidence, calibrate, confidence, needs_calibration
from qa.encoder import HashingEncoder
from qa.index import open_snapshot

COSINES = st.floats(-1, 1)


@given(COSINES, COSINES, st.floats(0, 1), st.floats(0, 0.2), COSINES)
def test_more_evidence_is_never_less_sure(
    nearest: float, worded: float, covered: float, more: float, level: float
) -> None:
    calibration = Calibration(level, 0.05, 10)
    sure = confidence(Evidence(nearest, worded, covered), calibration)
    assert 0 < sure < 1
    assert sure <= confidence(Evidence(nearest + more, worded, covered), calibration)
    assert sure <= confidence(Evidence(nearest, worded + more, covered), calibration)
    assert sure <= confidence(Evidence(nearest, worded, covered + more), calibration)
    assert sure >= confidence(Evidence(nearest, worded, covered), Calibration(level + more, 0.05, 10))


def test_the_bar_lies_between_what_is_asked_of_a_collection_and_what_is_not() -> None:
    calibration = Calibration(0.25, 0.05)
    assert confidence(Evidence(0.65, 0.6, 0.6), calibration) > 0.9
    assert confidence(Evidence(0.25, 0.2, 0.2), calibration) < 0.25 < BAR
    assert confidence(Evidence(0.6, None, 0.0), calibration) > BAR  # no word to look for: meaning alone decides


def test_an_encoder_that_finds_everything_alike_is_judged_on_its_own_scale() -> None:
    """The same evidence, from an encoder whose unrelated texts are at 0.7."""
    ours = Calibration(0.25, 0.05)
    theirs = Calibration(0.7 + 0.3 * ours.scaled(0.25), 0.7)
    near, far = (Evidence(0.7 + 0.3 * ours.scaled(one), 0.7 + 0.3 * ours.scaled(one), 0.4) for one in (0.6, 0.3))
    assert confidence(near, theirs) == pytest.approx(confidence(Evidence(0.6, 0.6, 0.4), ours))
    assert confidence(far, theirs) < BAR < confidence(near, theirs)


def table(place: Path, comments: int) -> Path:
    path = place / "c.jsonl"
    path.write_text("".join(json.dumps({"id": n, "text": f"Rye bread, loaf {n}."}) + "\n" for n in range(comments)))
    return path


def test_an_index_is_calibrated_when_it_is_made_and_when_it_changed_much(tmp_path: Path) -> None:
    folder = tmp_path / "ix"

    def known() -> Calibration:
        with open_snapshot(folder) as snapshot:
            assert not needs_calibration(snapshot)
            return Calibration.read(snapshot)

    qa.build([table(tmp_path, 100)], folder, model="hashing")
    first = known()
    assert first.passages == 100
    table(tmp_path, 110)
    qa.open(folder).update()
    assert known() == first
    table(tmp_path, 130)
    qa.open(folder).update()
    assert known().passages == 130
    with open_snapshot(folder) as snapshot:
        assert calibrate(snapshot, HashingEncoder()) == known()


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"off_topic": "x"}', '{"unrelated": 1}', '{"off_topic": NaN}'])
def test_a_calibration_that_cannot_be_read_is_the_default(kept: str) -> None:
    class Snapshot:
        calibration = kept

    assert Calibration.read(Snapshot()) == Calibration()  # type: ignore[arg-type]


def test_the_questions_are_about_anything() -> None:
    questions = (Path(qa.__file__).parent / "confidence" / "off_topic.txt").read_text(encoding="utf-8").splitlines()
    assert len(questions) == len(set(questions)) >= 200
    assert all(12 <= len(question) <= 100 for question in questions)
