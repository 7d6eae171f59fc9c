"""Lines made for people, read by a program."""

from datetime import UTC, datetime

import pytest

from homeport.heroku import records
from homeport.heroku.api import wire
from homeport.heroku.api.data_records import convert_postgres, convert_redis, convert_traffic, read_sizes

ADDON = wire.WireAddOn(id="i", name="postgresql-x", app=wire.Named(name="shop"))


def facts(num_bytes: int | None = None, **lines: str) -> records.DatabaseFacts:
    info = [wire.InfoLine(name=name.replace("_", " "), values=[value]) for name, value in lines.items()]
    return convert_postgres(ADDON, wire.PostgresInfo(info=info, num_bytes=num_bytes), (), ())


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("42.3 GB / 256 GB (16.5%)", [round(42.3 * (1 << 30)), 256 << 30]),
        ("212 MB", [212 << 20]),
        ("1.10 GB / 128.00 TB", [round(1.1 * (1 << 30)), 128 << 40]),
        ("7.9MB / 1GB (0.8%) (In compliance)", [round(7.9 * (1 << 20)), 1 << 30]),
        ("N/A", []),
        ("... GB", []),
    ],
)
def test_sizes_are_read_from_words(text: str, sizes: list[int]) -> None:
    assert read_sizes(text) == sizes


def test_the_exact_number_of_bytes_goes_before_the_rounded_words() -> None:
    assert facts(12345, Data_Size="42.3 GB / 64 GB").size_bytes == 12345
    assert facts(Data_Size="1 GB").size_bytes == 1 << 30


def test_tables_and_connections_with_or_without_a_limit() -> None:
    found = facts(Tables="11/4000 (In compliance)", Connections="1,018/2,000", PG_Version="16.4 (upgradable)")
    assert (found.tables, found.connections, found.connections_max, found.version) == (11, 1018, 2000, "16.4")
    assert facts(Connections="12").connections_max is None


def test_what_is_not_told_stays_unknown() -> None:
    found = facts()
    assert (found.version, found.size_bytes, found.plan_bytes, found.tables, found.connections) == (
        "",
        None,
        None,
        None,
        None,
    )


def test_a_follower_that_is_a_url_is_kept_as_its_host() -> None:
    info = [wire.InfoLine(name="Followers", values=["FOLLOWER", "postgres://u:secret@ec2-1.example:5432/d"])]
    found = convert_postgres(ADDON, wire.PostgresInfo(info=info), (), ())
    assert found.followers == ("FOLLOWER", "ec2-1.example")


def test_an_eviction_policy_is_taken_from_settings_or_from_words() -> None:
    words = wire.RedisInfo(info=[wire.InfoLine(name="Maxmemory", values=["allkeys-lru"])])
    assert convert_redis(ADDON, words, wire.RedisConfig()).eviction == "allkeys-lru"
    settings = wire.RedisConfig(maxmemory_policy=wire.Choice(value="noeviction"))
    assert convert_redis(ADDON, words, settings).eviction == "noeviction"


def series(**data: list[float | None]) -> wire.Series:
    named = {name.replace("__", "."): values for name, values in data.items()}
    return wire.Series(start_time="2026-11-13T09:00:00Z", step=60, data=named)


def test_requests_of_all_statuses_add_up_and_percentiles_are_weighted_by_them() -> None:
    found = convert_traffic(
        "shop",
        series(status_2xx=[90, 10, None], status_5xx=[10, 0, None]),
        series(latency__ms__p50=[10, 21, None], latency__ms__p95=[100, 210, 5000]),
    )
    assert isinstance(found, records.Traffic)
    assert found.requests == (100.0, 10.0, 0.0)
    assert (found.p50_ms, found.p95_ms) == (11.0, 110.0)
    assert found.start == datetime(2026, 11, 13, 9, tzinfo=UTC)


def test_an_app_without_traffic_has_no_record_and_unknown_statuses_are_doubted() -> None:
    assert convert_traffic("shop", series(), series()) is None
    assert isinstance(convert_traffic("shop", series(H12=[1]), series()), records.Doubt)
