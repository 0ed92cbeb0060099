"""A message says what happened, fits where it goes, and calls nobody, whatever a model is called."""

import json

from notifier.news.message import MAX_NEWS, Message
from notifier.news.news import News
from notifier.news.wording import MAX_LINES, MAX_TEXT

from tests.notifier.samples import AT, V2, failure, landing, verification


def test_one_piece_of_news_is_its_title() -> None:
    assert Message.of([landing()], "ops", AT, None).title == "Model m landed: 50.0% of ARC2-Eval"
    changed = Message.of([landing(previousScore=0.25)], "ops", AT, None)
    assert changed.title == "Model m changed: 50.0% of ARC2-Eval, before 25.0%"
    assert Message.of([failure()], "ops", AT, None).title == "m could not be ingested: no such folder"
    assert Message.of([verification()], "ops", AT, None).title == (
        "figures of m are not what was recomputed (3 differ)"
    )


def test_a_first_fill_is_one_message_that_fits_a_chat() -> None:
    news = [*(landing(f"model-{number}") for number in range(150)), failure(), verification()]
    message = Message.of(news, "ops", AT, "https://arc.example")
    assert message.title == "arcwatch: 150 landings, 1 failed ingestion, 1 failed verification"
    *lines, more, site = message.text.splitlines()
    assert lines[0] == f"Model model-0 landed: 50.0% of ARC2-Eval ({V2})"
    assert more == f"and {152 - len(lines)} more"
    assert site == "https://arc.example"
    assert len(message.text) < MAX_TEXT + 200
    assert message.grave
    assert not Message.of([landing()], "ops", AT, None).grave


def test_a_chat_gets_at_most_so_many_lines_and_reasons_of_a_length() -> None:
    short = [failure(f"m{number}", "x") for number in range(MAX_LINES + 5)]
    message = Message.of(short, "ops", AT, None)
    assert message.title == f"arcwatch: {MAX_LINES + 5} failed ingestions"
    assert message.text.splitlines()[-1] == "and 5 more"
    assert len(message.text.splitlines()) == MAX_LINES + 1
    assert Message.of(short[:MAX_LINES], "ops", AT, None).text.count("more") == 0
    assert Message.of([verification(), verification()], "ops", AT, None).title == "arcwatch: 2 failed verifications"
    told = "m could not be ingested: "
    assert Message.of([failure(reason="r" * 200)], "ops", AT, None).title == told + "r" * 200
    assert Message.of([failure(reason="r" * 201)], "ops", AT, None).title == told + "r" * 199 + "…"
    assert Message.of([failure(reason="")], "ops", AT, None).title == f"{told}no reason"


def test_programs_get_every_piece_and_its_address() -> None:
    news = [landing(f"model {number}") for number in range(MAX_NEWS + 2)]
    body = json.loads(Message.of(news, "ops", AT, "https://arc.example").body)
    assert body["type"] == "arcwatch.news"
    assert body["timestamp"] == AT.isoformat()
    told = body["data"].pop("news")
    assert body["data"] == {
        "channel": "ops",
        "total": MAX_NEWS + 2,
        "omitted": 2,
        "site": "https://arc.example",
    }
    assert told[1] == {
        "kind": "landing",
        "dataset": V2,
        "model": "model 1",
        "happenedAt": AT.isoformat(),
        "score": 0.5,
        "displayName": "Model model 1",
        "source": "ARC2-Eval",
        "previousScore": None,
        "url": "https://arc.example/?dataset=arcprize%2Farc_agi_v2_public_eval&model=model+1",
    }
    assert len(told) == MAX_NEWS


def test_a_name_gives_no_orders_to_a_chat() -> None:
    name = "<!channel> @everyone `x`\n\x1b[31m" + "y" * 500
    message = Message.of([News("failure", V2, name, AT, None, {"reason": name})], "ops", AT, None)
    for text in (message.title, message.text):
        assert "<!channel>" not in text
        assert "@everyone" not in text
        assert text.isprintable() or "\u200b" in text
        assert "\x1b" not in text
        assert len(text) < 600
    assert json.loads(message.body)["data"]["news"][0]["model"] == name


def test_a_message_is_kept_letter_by_letter() -> None:
    message = Message.of([landing("é\u2028")], "ops", AT, None)
    assert Message.stored(message.as_text()) == message
    test = Message.test("ops", AT, None)
    assert json.loads(test.body) == {
        "type": "arcwatch.test",
        "timestamp": AT.isoformat(),
        "data": {"channel": "ops", "site": None},
    }
    assert (test.title, test.text) == ("arcwatch: a test", "This is a test of the channel ops. Nothing happened.")
    assert not test.grave
