"""The file of channels is read whole, and each mistake in it is told in one line that shows no secret."""

from pathlib import Path

import pytest
from notifier.channels.channel_file import ChannelFileError, read_channels
from notifier.channels.secrets import fresh_secret, key_of

SECRET = fresh_secret()
WEBHOOK = f'[[channels]]\nname = "ops"\nkind = "webhook"\nurl = "https://example.com/hook"\nsecret = "{SECRET}"\n'
SLACK = '[[channels]]\nname = "team"\nkind = "slack"\nurl = "https://hooks.slack.com/services/T1/B2/c3"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "notifications.toml"
    path.write_text(text)
    return path


def test_all_kinds_are_read(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("mailtos://me:secret@smtp.example.com?from=me@example.com&to=you@example.com\n")
    (tmp_path / "secrets").write_text(f"{fresh_secret()}\n{SECRET}\n")
    text = WEBHOOK.replace(f'secret = "{SECRET}"', 'secret_file = "secrets"') + SLACK
    text += '[[channels]]\nname = "mail"\nkind = "email"\nurl_file = "url"\nevents = ["failure"]\ndigest_seconds = 0\n'
    ops, team, mail = read_channels(written(tmp_path, text))
    assert ops.current_secrets()[1] == SECRET
    assert team.digest_seconds == 60
    assert team.events == ("landing", "failure", "verification")
    assert mail.current_url().endswith("to=you@example.com")
    assert mail.events == ("failure",)


WRONG = {
    "": "it names no channel",
    "channels = 3": "it names no channel",
    "[[channels": "is not TOML",
    "more = 1\n" + SLACK: "more is no key",
    SLACK + SLACK: "two channels are called team",
    SLACK.replace('name = "team"\n', ""): "channel 1, name: is missing",
    SLACK + 'model = "x"\n': r"channel 1 \(team\), model: is not known here",
    SLACK.replace("team", "a team"): r"channel 1 \(a team\), name: ",
    SLACK + 'events = ["landed"]\n': "events.1: must be",
    SLACK + "events = []\n": "events: ",
    SLACK + "min_score = 50\n": "min_score: must be",
    SLACK.replace('"slack"', '"irc"'): "kind: must be",
    SLACK.replace('"slack"', '"discord"'): "looks like https://discord.com/api/webhooks/",
    SLACK + f'secret = "{SECRET}"\n': "only a webhook has a secret",
    SLACK + 'url_file = "x"\n': "url or url_file, and not both",
    SLACK.replace("url = ", "url_file = "): "url_file or secret_file cannot be read: No such file",
    WEBHOOK.replace(f'secret = "{SECRET}"\n', ""): "secret or secret_file",
    WEBHOOK.replace(SECRET, SECRET[6:]): "a secret is whsec_ and 24 to 64 random bytes in base64",
    WEBHOOK.replace(SECRET, "whsec_c2hvcnQ="): "a secret is whsec_ and 24 to 64",
    WEBHOOK.replace(SECRET, " "): "its secret is empty",
    WEBHOOK.replace("https:", "http:"): "only with allow_private may its URL be http",
    WEBHOOK.replace("https:", "ftp:"): "looks like https://example.com/hook",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=range(len(WRONG)))
def test_a_mistake_is_told_in_a_line_without_secrets(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ChannelFileError, match=said) as error:
        read_channels(written(tmp_path, text))
    assert SECRET[6:] not in str(error.value)
    assert "T1/B2" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChannelFileError, match=r"absent\.toml cannot be read: No such file"):
        read_channels(tmp_path / "absent.toml")


def test_a_fresh_secret_is_a_secret() -> None:
    assert len(key_of(fresh_secret())) == 32
    assert fresh_secret() != fresh_secret()
