"""For each alert: series that make it fire and stop, in promtool's notation with one value a minute."""

from typing import NamedTuple


class Case(NamedTuple):
    """`quiet` holds a time before the trouble and one after it."""

    series: dict[str, str]
    firing: tuple[str, ...]
    quiet: tuple[str, ...]


_WATCHER = 'job="arcwatch-watcher",instance="w"'
_INGESTER = 'job="arcwatch-ingester",instance="i"'
_API = 'job="arcwatch-query-api",instance="q"'
_NOTIFIER = 'job="arcwatch-notifier",instance="n"'
_LISTED = f'arcwatch_watcher_last_complete_listing_timestamp_seconds{{{_WATCHER},dataset="a/b"}}'
_DUE = f'arcwatch_watcher_listing_due_timestamp_seconds{{{_WATCHER},dataset="a/b"}}'


def _requests(outcome: str, values: str) -> dict[str, str]:
    return {f'arcwatch_watcher_hub_requests_total{{{_WATCHER},outcome="{outcome}"}}': values}


def _at_any_age(counter: str, process: str, label: str = "") -> list[Case]:
    """Return counts from before the first scrape, from after a restart, and old ones that are new to Prometheus."""
    counted, started = f"{counter}{{{process}{label}}}", f"process_start_time_seconds{{{process}}}"
    return [
        Case({counted: "_x10 1x200", started: "_x10 540x200"}, ("17m", "20m"), ("9m", "150m")),
        Case({counted: "5x80 1x200", started: "-90000x80 4800x200"}, ("87m", "90m"), ("79m", "200m")),
        Case({counted: "_x10 4x60", started: "_x10 -90000x60"}, (), ("12m", "20m", "60m")),
    ]


def _requests_answered(ok: str, failed: str, route: str = "/api/models") -> dict[str, str]:
    name = f'arcwatch_query_api_requests_total{{{_API},method="GET",route="{route}",status='
    return {f'{name}"200"}}': ok, f'{name}"503"}}': failed}


def _differing(values: str) -> dict[str, str]:
    models = f"arcwatch_ingester_models{{{_INGESTER},state="
    counts = {f'{models}"whole"}}': "140x900", f'{models}"partial"}}': "10x900", f'{models}"failing"}}': "50x900"}
    return {f"arcwatch_ingester_differing_versions{{{_INGESTER}}}": values, **counts}


_OLDEST = f'arcwatch_bus_consumer_oldest_event_age_seconds{{{_WATCHER},durable="ingester"}}'
_VIEW_AGE = f"arcwatch_query_api_view_age_seconds{{{_API}}}"

CASES: dict[str, list[Case]] = {
    # What is bad is bad for long before the burn over the long window is seen, and the short one ends it soon.
    "ArcwatchFreshnessBurnsFast": [
        Case({_OLDEST: "0x60 4000x30 0x60"}, ("70m", "90m"), ("59m", "65m", "98m")),
        Case({_VIEW_AGE: "0x60 301x30 0x60"}, ("70m", "90m"), ("59m", "98m")),
        # The schedule wanted the dataset listed at 60 minutes; at 90 it was.
        Case({_DUE: "3600x90 90000x60"}, ("75m", "90m"), ("59m", "97m")),
        # One part that is late at a time, and none for long.
        Case({_OLDEST: "3600x200", _VIEW_AGE: "300x200", _DUE: "90000x200"}, (), ("59m", "199m")),
        Case({_OLDEST: "0x60 4000x5 0x60"}, (), ("62m", "66m", "80m")),
    ],
    "ArcwatchFreshnessBurnsSlow": [
        Case({_OLDEST: "0x360 4000x60 0x360"}, ("390m", "420m", "440m"), ("359m", "370m", "460m")),
    ],
    "ArcwatchCorrectnessBurnsFast": [
        Case(_differing("0x60 3x120 0x120"), ("110m", "180m"), ("59m", "70m", "188m")),
        Case(_differing("0x60 2x500"), (), ("59m", "400m")),
    ],
    "ArcwatchCorrectnessBurnsSlow": [
        Case(_differing("0x360 1x420 0x60"), ("700m", "780m"), ("359m", "500m", "800m")),
    ],
    "ArcwatchAvailabilityBurnsFast": [
        Case(_requests_answered("0+60x240", "0x60 0+6x60 360x120"), ("80m", "120m"), ("59m", "62m", "130m")),
        # A refusal of an export says that two are running.
        Case(_requests_answered("0+60x240", "0+60x240", "/export/submissions"), (), ("120m",)),
        # Nobody asks anything.
        Case(_requests_answered("100x240", "5x240"), (), ("120m",)),
        # Of the only requests each fails; the first one counts, as the series was there before it.
        Case(_requests_answered("0x120", "0x60 0+1x60"), ("62m", "119m"), ("59m",)),
    ],
    "ArcwatchAvailabilityBurnsSlow": [
        Case(_requests_answered("0+60x800", "0x360 0+1x240 240x200"), ("560m", "600m"), ("359m", "400m", "635m")),
    ],
    "ArcwatchReplicaDown": [
        Case(
            {
                'up{job="arcwatch-ingester",instance="1"}': "1x40",
                'up{job="arcwatch-ingester",instance="2"}': "1x10 0x10 1x20",
            },
            ("17m", "20m"),
            ("9m", "13m", "22m"),
        ),
        # The only one: ArcwatchNoIngester tells.
        Case({f"up{{{_INGESTER}}}": "1x10 0x20"}, (), ("25m",)),
        # Those of another deployment are no help.
        Case(
            {
                'up{job="arcwatch-ingester",namespace="a",instance="1"}': "1x40",
                'up{job="arcwatch-ingester",namespace="b",instance="2"}': "1x10 0x30",
            },
            (),
            ("30m",),
        ),
    ],
    "ArcwatchFewerReplicas": [
        Case(
            {
                'up{job="arcwatch-query-api",instance="1"}': "1x200",
                'up{job="arcwatch-query-api",instance="2"}': "1x10 _x190",
            },
            ("27m", "65m"),
            ("9m", "15m", "90m"),
        ),
        Case(
            {
                'up{job="arcwatch-query-api",instance="1"}': "1x200",
                'up{job="arcwatch-query-api",instance="2"}': "_x10 1x190",
            },
            (),
            ("9m", "30m", "150m"),
        ),
    ],
    "ArcwatchCrashLoop": [
        Case({f"process_start_time_seconds{{{_INGESTER}}}": "0x10 600 660 720 720x60"}, ("14m", "35m"), ("11m", "50m")),
        # An update, and one more.
        Case({f"process_start_time_seconds{{{_INGESTER}}}": "0x10 600x10 1200x30"}, (), ("9m", "25m", "40m")),
    ],
    "ArcwatchNotificationsFail": [
        Case(
            {'alertmanager_notifications_failed_total{integration="slack",reason="other"}': "0x10 2x40"},
            ("12m", "20m"),
            ("9m", "30m"),
        ),
    ],
    "ArcwatchIngestionFailed": [
        Case(
            {f'arcwatch_ingester_models{{{_INGESTER},state="failing"}}': "0x10 1x10 0x10"},
            ("11m", "20m"),
            ("9m", "22m"),
        ),
        # An ingester that was restarted has not looked at the database yet: the other one has.
        Case(
            {
                'arcwatch_ingester_models{job="arcwatch-ingester",instance="1",state="failing"}': "0x10 _x5 1x5",
                'arcwatch_ingester_models{job="arcwatch-ingester",instance="2",state="failing"}': "0x10 1x20",
            },
            ("12m", "18m"),
            ("9m",),
        ),
    ],
    "ArcwatchDiskFull": [
        Case({f'arcwatch_check_up{{{_INGESTER},check="disk"}}': "1x10 0x10 1x10"}, ("13m", "20m"), ("9m", "22m")),
    ],
    "ArcwatchDeadLetterWaiting": [
        Case(
            {f'arcwatch_bus_dead_letters{{{_WATCHER},service="ingester"}}': "0x10 2x10 0x10"},
            ("11m", "20m"),
            ("9m", "22m"),
        )
    ],
    "ArcwatchIngestionPartial": [
        Case(
            {f'arcwatch_ingester_ingestions_total{{{_INGESTER},status="partial"}}': "0x10 1x90"},
            ("12m", "60m"),
            ("9m", "75m"),
        ),
        *_at_any_age("arcwatch_ingester_ingestions_total", _INGESTER, ',status="partial"'),
    ],
    "ArcwatchVerificationDiffers": [
        Case(
            {f"arcwatch_ingester_differing_versions{{{_INGESTER}}}": "0x10 1x10 0x10"},
            ("11m", "20m"),
            ("9m", "22m"),
        ),
        # An ingester that was restarted has not looked at the database yet: the other one has.
        Case(
            {
                'arcwatch_ingester_differing_versions{job="arcwatch-ingester",instance="1"}': "0x10 _x5 0x5",
                'arcwatch_ingester_differing_versions{job="arcwatch-ingester",instance="2"}': "0x10 2x20",
            },
            ("12m", "18m"),
            ("9m",),
        ),
    ],
    "ArcwatchBacklogGrows": [
        Case(
            {
                f'arcwatch_bus_consumer_pending_events{{{_WATCHER},durable="ingester"}}': "0x10 0+20x60 1200-60x20",
                f'arcwatch_bus_consumer_unacknowledged_events{{{_WATCHER},durable="ingester"}}': "1x100",
            },
            ("55m", "70m"),
            # Right after it began to grow; and while it shrinks, however long it is.
            ("30m", "91m"),
        )
    ],
    "ArcwatchBacklogAges": [
        Case(
            {
                f'arcwatch_bus_consumer_oldest_event_age_seconds{{{_WATCHER},durable="ingester"}}': "0+60x140 0x20",
            },
            ("128m", "139m"),
            ("119m", "145m"),
        )
    ],
    "ArcwatchRequestsWait": [
        Case(
            {f"arcwatch_ingester_waiting_requests{{{_INGESTER}}}": "0x10 1x140 0x20"},
            ("132m", "149m"),
            ("129m", "153m"),
        ),
        # Each waits a while, and goes.
        Case({f"arcwatch_ingester_waiting_requests{{{_INGESTER}}}": "1x60 0x5 1x60 0x5 1x60"}, (), ("125m", "180m")),
    ],
    "ArcwatchNoIngester": [
        Case({f"up{{{_INGESTER}}}": "1x10 0x10 1x10"}, ("14m", "20m"), ("9m", "11m", "22m")),
        Case({f"up{{{_WATCHER}}}": "1x10"}, ("5m",), ()),
        # Nothing at all is scraped.
        Case({"something_else": "1x10"}, ("5m",), ()),
        # Of two deployments one has none.
        Case(
            {
                'up{job="arcwatch-ingester",namespace="a"}': "1x20",
                'up{job="arcwatch-watcher",namespace="b"}': "1x20",
                'up{job="arcwatch-ingester",namespace="b"}': "1x10 0x10",
            },
            ("14m", "20m"),
            ("9m",),
        ),
        # One of two is enough.
        Case(
            {'up{job="arcwatch-ingester",instance="1"}': "0x20", 'up{job="arcwatch-ingester",instance="2"}': "1x20"},
            (),
            ("15m",),
        ),
    ],
    "ArcwatchNoWatcher": [Case({f"up{{{_WATCHER}}}": "1x10 0x10 1x10"}, ("17m", "20m"), ("9m", "13m", "22m"))],
    "ArcwatchNoNotifier": [
        # Down, or gone from the list of targets, as in compose; one that was taken away is forgotten after a day.
        Case({f"up{{{_NOTIFIER}}}": "1x10 0x10 1x10"}, ("17m", "20m"), ("9m", "13m", "22m")),
        Case({f"up{{{_NOTIFIER}}}": "1x10 _x1600"}, ("22m", "1400m"), ("9m", "1460m")),
        Case({f"up{{{_INGESTER}}}": "1x30"}, (), ("10m", "30m")),
    ],
    "ArcwatchNoQueryApi": [Case({f"up{{{_API}}}": "1x10 0x10 1x10"}, ("14m", "20m"), ("9m", "11m", "22m"))],
    "ArcwatchChannelFails": [
        Case(
            {f'arcwatch_notifier_dead_messages{{{_NOTIFIER},channel="a"}}': "0x10 1x10 0x10"},
            ("11m", "20m"),
            ("9m", "22m"),
        ),
        Case(
            {f'arcwatch_notifier_late_seconds{{{_NOTIFIER},channel="a"}}': "0+60x70 0x10"},
            ("62m", "70m"),
            ("59m", "72m"),
        ),
    ],
    "ArcwatchViewStale": [
        Case({f"arcwatch_query_api_view_age_seconds{{{_API}}}": "0x10 0+60x15 0x10"}, ("20m", "25m"), ("15m", "28m"))
    ],
    "ArcwatchViewDiffers": [
        Case(
            {f"arcwatch_query_api_reconciled_submissions_total{{{_API}}}": "0x10 3x40"}, ("12m", "20m"), ("9m", "30m")
        ),
        *_at_any_age("arcwatch_query_api_reconciled_submissions_total", _API),
    ],
    "ArcwatchWatcherSilent": [
        # Hourly: three hours without a listing, and a quarter of an hour to be sure.
        Case({_LISTED: "60x220 13200x20", _DUE: "10860x220 24000x20"}, ("200m", "219m"), ("179m", "225m")),
        # Never listed, since the first start.
        Case({_LISTED: "0x300", _DUE: "10800x300"}, ("200m",), ("100m",)),
        # A weekend without syncs, however long ago the last one is.
        Case({_LISTED: "60x3000", _DUE: "220000x3000"}, (), ("2999m",)),
        # Of two watchers, one has not looked for long.
        Case({_LISTED: "60x300", _DUE: "10860x300", _DUE.replace('"w"', '"v"'): "90000x300"}, (), ("299m",)),
        # No sync was asked for.
        Case({_LISTED: "60x300", _DUE: "0x300"}, (), ("299m",)),
    ],
    "ArcwatchHubUnreachable": [
        Case(
            _requests("ok", "0+1x30 30x60 30+5x60") | _requests("connection_lost", "0x30 0+5x60 300x60"),
            ("50m", "85m"),
            ("29m", "33m", "145m"),
        ),
        Case(_requests("ok", "0+10x90") | _requests("server_error", "0+1x90"), (), ("80m",)),
        *_at_any_age("arcwatch_watcher_hub_requests_total", _WATCHER, ',outcome="connection_lost"'),
    ],
    "ArcwatchHubUnauthorized": [
        Case(_requests("ok", "0+1x90") | _requests("unauthorized", "0x10 1x80"), ("12m", "30m"), ("9m", "45m")),
        *_at_any_age("arcwatch_watcher_hub_requests_total", _WATCHER, ',outcome="unauthorized"'),
        *_at_any_age("arcwatch_ingester_hub_requests_total", _INGESTER, ',outcome="unauthorized"'),
    ],
    "ArcwatchHubQuotaExhausted": [
        Case(
            {f"arcwatch_ingester_hub_throttled_seconds_total{{{_INGESTER}}}": "0x10 0+60x60 3600x40"},
            ("50m", "70m"),
            ("9m", "20m", "90m"),
        )
    ],
    "ArcwatchNatsUnavailable": [
        Case(
            {f'arcwatch_check_up{{{_INGESTER},check="consumer"}}': "1x10 0x10 1x10"},
            ("14m", "20m"),
            ("9m", "12m", "22m"),
        ),
        # The query API stays ready then, so this alert alone tells of it.
        Case({f'arcwatch_check_up{{{_API},check="consumer"}}': "1x10 0x10 1x10"}, ("14m", "20m"), ("9m", "12m", "22m")),
        # Its last samples, which Prometheus shows for a while after its restart, grow no older.
        Case(
            {f"arcwatch_bus_last_poll_timestamp_seconds{{{_INGESTER}}}": "0+60x10 600x10 1260+60x5 _x10"},
            ("16m", "20m"),
            ("9m", "13m", "23m", "31m"),
        ),
    ],
    "ArcwatchDatabaseUnavailable": [
        Case({f'arcwatch_check_up{{{_API},check="database"}}': "1x10 0x10 1x10"}, ("14m", "20m"), ("9m", "12m", "22m"))
    ],
    "ArcwatchStreamNearlyFull": [
        Case(
            {
                f'arcwatch_bus_stream_bytes{{{_WATCHER},stream="ARCWATCH"}}': "0x10 90x10 10x10",
                f'arcwatch_bus_stream_limit_bytes{{{_WATCHER},stream="ARCWATCH"}}': "100x30",
            },
            ("17m", "20m"),
            ("9m", "14m", "22m"),
        ),
        # No limit is no reason to divide by it.
        Case(
            {
                f'arcwatch_bus_stream_bytes{{{_WATCHER},stream="ARCWATCH"}}': "90x30",
                f'arcwatch_bus_stream_limit_bytes{{{_WATCHER},stream="ARCWATCH"}}': "0x30",
            },
            (),
            ("20m",),
        ),
    ],
    "ArcwatchWatchdog": [Case({f"up{{{_API}}}": "1x10"}, ("1m", "10m"), ())],
}
