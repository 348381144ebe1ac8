"""What may be passed as a calendar, and what is said when it cannot be."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.forecast.calendar import Calendar, Day, parse_calendar
from foresail.forecast.calendar_regions import public_holidays, rest_day

DOCS = Path(__file__).parents[2] / "docs" / "calendar.md"
HEAD = "name,start,end,series,uplift,expires\n"


def events(**columns):
    one = {"name": "Sale", "start": "2026-11-27", "end": "2026-11-28"} | columns
    return pd.DataFrame([one])


def example(kind):
    return re.search(rf"```{kind}\n(.*?)```", DOCS.read_text(), re.DOTALL)[1]


@pytest.mark.parametrize("nothing", [None, [], (), Calendar()])
def test_nothing_is_an_empty_calendar(nothing):
    assert parse_calendar(nothing) == Calendar()
    assert not parse_calendar(nothing)


@pytest.mark.parametrize(
    "dates",
    [
        ["2026-12-25", "2026-12-26"],
        [date(2026, 12, 25), date(2026, 12, 26)],
        pd.to_datetime(["2026-12-25", "2026-12-26"]),
        pd.to_datetime(["2026-12-25", "2026-12-26"]).tz_localize("Asia/Tokyo"),
    ],
)
def test_a_frame_of_dates_are_days_like_a_sunday(dates):
    calendar = parse_calendar(pd.DataFrame({"date": dates}))
    assert calendar.days == (Day(date(2026, 12, 25)), Day(date(2026, 12, 26)))


def test_other_columns_of_a_frame_of_dates_do_no_harm():
    frame = pd.DataFrame({"date": ["2026-12-25"], "name": ["Xmas"], "note": ["x"]})
    assert parse_calendar(frame).days == (Day(date(2026, 12, 25), "Xmas"),)


@pytest.mark.parametrize(
    ("uplift", "read"),
    [
        (1.8, 1.8), ("1.8", 1.8), ("+80%", 1.8), ("-20 %", 0.8), ("+ 50%", 1.5), (2, 2.0), (0, 0.0),
        ("", None), (None, None), (float("nan"), None), ("learn", None),
    ],
)  # fmt: skip
def test_uplifts(uplift, read):
    (event,) = parse_calendar(events(uplift=uplift)).events
    assert event.uplift == (None if read is None else pytest.approx(read))
    assert event.learn_from is None


def test_plain_dates_are_whole_days_and_times_are_instants():
    (day,) = parse_calendar(events(end="")).events
    assert (day.start, day.end) == (date(2026, 11, 27), date(2026, 11, 27))
    times = events(start="2026-11-27T09:00-05:00", end=pd.Timestamp("2026-11-27T15:00Z"))
    (event,) = parse_calendar(times).events
    assert event.end - event.start == pd.Timedelta("1h")
    assert event.where == "calendar, row 0 (Sale)"


def test_the_csv_of_the_docs(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(example("csv"))
    read = parse_calendar(str(path)).events
    assert [event.name for event in read][:3] == ["Black Friday", "Black Friday", "Cyber Monday"]
    assert read[2].learn_from == "Black Friday"
    assert read[3].uplift == pytest.approx(1.8)
    assert read[3].series == ("shop-web",)
    assert read[4].expires == pd.Timestamp("2026-12-12T12:00Z")
    assert read[5].end == date(2026, 10, 12)


def test_the_yaml_of_the_docs(tmp_path):
    path = tmp_path / "events.yaml"
    path.write_text(example("yaml"))
    calendar = parse_calendar(path)
    assert calendar.regions == ("US", "DE-BY")
    assert calendar.days == (Day(date(2026, 12, 24), "Christmas Eve"),)
    game, launch = calendar.events
    assert game.learn_from == "Launch"
    assert game.moves("login")
    assert game.moves("game-eu")
    assert not game.moves("shop")
    assert launch.start == pd.Timestamp("2026-11-11T00:00Z")


def test_a_mix_counts_what_is_twice_once(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(HEAD + "\nSale,2026-11-27,2026-11-28,,,\n")
    frame = pd.DataFrame({"date": ["2026-12-25", "2026-12-25"]})
    calendar = parse_calendar(["us", "US-ca", "US", frame, str(path), parse_calendar(path)])
    assert calendar.regions == ("US", "US-CA")
    assert len(calendar.days) == len(calendar.events) == 1
    assert calendar.events[0].where == f"{path}, row 3 (Sale)"


def test_events_that_match_no_series_are_told():
    calendar = parse_calendar(events(series="shp-*"))
    assert calendar.unmatched(["shop-web"]) == list(calendar.events)
    assert calendar.unmatched(["shp-web"]) == []


@pytest.mark.parametrize(
    ("spec", "said", "cure"),
    [
        (7, "int is no calendar", "US-CA"),
        ("", "empty", "US"),
        ("Germany", "unknown country 'Germany'", "did you mean DE?"),
        ("UX", "unknown country 'UX'", "did you mean"),
        ("US-CX", "unknown subdivision 'CX' of US", "known: AK, AL"),
        ("VA-X", "unknown subdivision 'X' of VA", "write VA"),
        ("no/such.csv", "no such file", "check"),
        ("events.xlsx", "unknown country 'events.xlsx'", "ISO 3166"),
        ("a/events.xlsx", "unknown kind of file", ".csv, .yaml"),
        (pd.DataFrame({"day": []}), "unknown column 'day'", "date"),
        (pd.DataFrame({"name": ["a"], "start": ["2026-01-01"]}), "no column end", "needed"),
        (pd.DataFrame({"date": ["2026-01-01"], "start": [""]}), "date and start", "two frames"),
        (pd.DataFrame({"date": ["2026-01-01", None]}), "row 1, column date", "2026-12-25"),
        (pd.DataFrame({"date": ["soon"]}), "'soon' is no date", "2026-12-25"),
        (pd.DataFrame({"date": [20261225]}), "'20261225' is no date", "2026-12-25"),
        (events(name=" "), "row 0, column name: it is empty", "name the event"),
        (events(uplfit=2), "unknown column 'uplfit'", "did you mean 'uplift'?"),
        (events(start="2026-11-29"), "2026-11-28 is not after the start, 2026-11-29", "swap"),
        (events(start="2026-11-27T09:00", end="2026-11-28T09:00Z"), "no time zone", "-05:00"),
        (
            events(start=pd.Timestamp("2026-11-27")),
            "column start: '2026-11-27 00:00:00' has no",
            "",
        ),
        (events(end="2026-11-27T09:00Z"), "a time and a plain date are mixed", "both"),
        (events(start="2026-11-27T09:00Z", end="2026-11-27T10:00+01:00"), "not after", "swap"),
        (events(start="2026-11-27T09:00Z", end=""), "column end: it is empty", "when it ends"),
        (events(start="now"), "'now' is no time", "plain date"),
        (events(start="2026-13-01"), "'2026-13-01' is no time", "plain date"),
        (events(start=5), "5 is no time", "plain date"),
        (events(start="0026-11-27"), "not from 1970 to 2200", "year"),
        (events(expires="2026-11-01"), "column expires: 2026-11-01 is before the start", "later"),
        (events(uplift=-0.5), "'-0.5' is negative", "-20%"),
        (events(uplift="-120%"), "'-120%' is negative", "-20%"),
        (events(uplift="much"), "'much' is no uplift", "+80%"),
        (events(uplift=True), "'True' is no uplift", "+80%"),
        (events(uplift="inf"), "'inf' is no uplift", "+80%"),
        (events(uplift=180), "180 times the demand", "+80%"),
        (events(uplift="learn from Sail"), "learns from 'Sail', which is not", "mean 'Sale'?"),
        (events(uplift="learn from Xyz"), "'Sale' learns from 'Xyz'", "name of an event"),
    ],
)
def test_mistakes_are_named_with_their_cure(spec, said, cure):
    with pytest.raises(InputError) as error:
        parse_calendar(spec)
    assert said in error.value.message
    assert cure in (error.value.cure or "")


def test_learning_in_a_circle_is_an_error():
    pairs = [("A", "learn from B"), ("B", "learn from C"), ("C", "learn from a")]
    frame = pd.concat([events(name=name, uplift=uplift) for name, uplift in pairs])
    with pytest.raises(InputError, match="A learns from B learns from C learns from A: a circle"):
        parse_calendar(frame)
    parse_calendar(events(uplift="learn from SALE"))  # from earlier events of its own name


def test_one_may_learn_from_a_public_holiday():
    frame = events(uplift="learn from Thanksgiving Day")
    assert parse_calendar(["US", frame]).events[0].learn_from == "Thanksgiving Day"
    with pytest.raises(InputError, match="not in the calendar"):
        parse_calendar(["DE", frame])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("e.csv", "", "the file is empty"),
        ("e.csv", HEAD + "Sale,2026-11-27,2026-11-26,,,\n", "e.csv, row 2 (Sale), column end"),
        ("e.csv", HEAD + "\nSale,2026-11-27,x,,,\n", "e.csv, row 3 (Sale), column end"),
        ("e.yaml", "events: [{name: A, start: 2026-11-27, ende: 1}]", "event 1: unknown column"),
        ("e.yaml", "- {name: A, start: 2026-11-27 09:00:00, end: 2026-11-28 09:00:00}", "no time"),
        ("e.yaml", "- {name: A, start: 2026-11-27, uplift: -2}", "event 1 (A), column uplift"),
        ("e.yaml", "- name: A\n  name: B\n", "line 2, column 3: malformed YAML: the key name"),
        ("e.yaml", "- 5\n", "event 1: 5 is no event"),
        ("e.yaml", "- {name: A, start: 2026-11-27, series: [1]}", "column series"),
        ("e.yaml", "just text", "no calendar in it"),
        ("e.yaml", "holidays: [NO]", "is no list of countries"),
        ("e.yaml", "holidays: [ZZ]", "e.yaml, holidays: unknown country 'ZZ'"),
        ("e.yaml", "event: []", "unknown key event"),
        ("e.yaml", "events: {a: 1}", "events is no list"),
        ("e.yaml", "a: [", "malformed YAML"),
        ("e.yaml", "- {name: A, start: 2026-02-30}", "malformed YAML"),
    ],
)
def test_mistakes_in_files_are_placed(tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError) as error:
        parse_calendar(str(path))
    assert said in error.value.message
    assert str(path) in error.value.message
    assert error.value.cure


def test_holidays_have_their_english_names_whatever_the_locale(monkeypatch):
    monkeypatch.setenv("LANG", "th_TH.UTF-8")
    public_holidays.cache_clear()
    assert dict(public_holidays("US", 2026))[date(2026, 11, 26)] == "Thanksgiving Day"
    assert dict(public_holidays("DE-BY", 2026))[date(2026, 10, 3)] == "German Unity Day"


@pytest.mark.parametrize(("region", "rest"), [("US", 6), ("IN", 6), ("IL", 5), ("SA", 4)])
def test_the_day_of_rest(region, rest):
    assert rest_day(region) == rest
