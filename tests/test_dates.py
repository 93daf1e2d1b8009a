from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.dates import parse_date

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2024-03-01T12:00:00Z",
        "2024-03-01 12:00",
        "2024-03-01T14:00:00+02:00",
        1709294400,
        1709294400.0,
        1709294400000,
        "1709294400",
        "1709294400.000000",
        "1709294400000",
        "March 1, 2024 12:00",
        "Fri, 01 Mar 2024 13:00:00 +0100",
        "1 Mar 2024 07:00 EST",
        "Mar 1st, 2024 at 12:00 PM",
        "3/1/2024 12:00",
        "2024-03-01 12:00 UTC",
        "Fri Mar 01 12:00:00 +0000 2024",
    ],
)
def test_known_forms(written: object) -> None:
    assert parse_date(written) == NOON
    assert parse_date(written).tzinfo is UTC


def test_days_alone() -> None:
    midnight = datetime(2024, 3, 1, tzinfo=UTC)
    assert [parse_date(x) for x in ("2024-03-01", "20240301", 20240301, "March 1, 2024", "1 March 2024")] == [
        midnight
    ] * 5


@pytest.mark.parametrize(
    "written",
    [
        *(
            None,
            True,
            "",
            "yesterday",
            "3 hours ago",
            "10:22",
            "March 1",
            "March 2024",
            "2024",
            2024,
            0,
            -5,
            42,
            [],
            {},
        ),
        *("0024-03-01", "9999-12-31", 1e300, float("nan"), float("inf"), "12345678901234567890123", "Friday", "1.5"),
    ],
)
def test_what_is_no_complete_date(written: object) -> None:
    assert parse_date(written) is None


@given(st.one_of(st.text(max_size=70), st.integers(), st.floats(), st.from_regex(r"[0-9/:. APMTZ,+-]{6,40}")))
def test_never_raises(value: object) -> None:
    moment = parse_date(value)
    assert moment is None or (moment.tzinfo is UTC and 1900 <= moment.year <= 2201)


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2190, 1, 1), timezones=st.just(UTC)))
def test_round_trips(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment
    assert parse_date(int(moment.timestamp())) == moment.replace(microsecond=0)
    assert parse_date(moment.strftime("%d %B %Y %H:%M:%S")) == moment.replace(microsecond=0)


def test_iso_needs_no_dateutil() -> None:
    code = "import sys, qa.formats; from qa.dates import parse_date; parse_date('2024-03-01'); "
    done = subprocess.run([sys.executable, "-c", code + "sys.exit('dateutil' in sys.modules)"], check=False)
    assert done.returncode == 0
