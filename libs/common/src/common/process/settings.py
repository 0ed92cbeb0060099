"""Settings that several services share, read from the environment once at start.

A bad value stops the service with one clear line; secrets are `SecretStr`, so they never reach a log line.
"""

import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from common.process.addresses import Host
from common.process.wording import in_words

# sysexits.h: the program is fine, its configuration is not. The supervisor does not restart such a service.
EX_CONFIG = 78
# The same for what will pass: the supervisor starts the service again.
EX_TEMPFAIL = 75

DEFAULT_DATASETS = ("arcprize/arc_agi_v1_public_eval", "arcprize/arc_agi_v2_public_eval")
_DATASET = re.compile(r"[\w.-]+/[\w.-]+")


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _stripped(value: object) -> object:
    """Drop the newline that files of secrets end in; refuse what no header can carry, without showing it."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("it holds white space or control characters; give the bare secret")
    return text or None


def _without_newline(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


# Of a server, with its password: a file of secrets ends in a newline, which would become part of the name.
SecretUrl = Annotated[SecretStr, BeforeValidator(_without_newline)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_stripped)]
OptionalPath = Annotated[Path | None, BeforeValidator(_blank_is_none)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Port = Annotated[int, Field(ge=0, le=65_535)]


class ServiceSettings(BaseSettings):
    """What every service needs: the Hub, the database, the bus, logs and the ops port."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", secrets_dir=None)

    hf_token: OptionalSecret = None
    hf_endpoint: AnyHttpUrl = AnyHttpUrl("https://huggingface.co")
    hf_datasets: Names = DEFAULT_DATASETS
    database_url: SecretUrl = SecretStr("postgresql://arcwatch@127.0.0.1:5432/arcwatch")
    nats_url: SecretUrl = SecretStr("nats://127.0.0.1:4222")
    # The seed of a user's nkey, and authorities to trust besides the system's: common/bus/access.py.
    nats_nkey_file: OptionalPath = None
    nats_ca_file: OptionalPath = None
    # How long a service or job that starts before its database or NATS waits for each of them.
    start_wait_seconds: Annotated[float, Field(ge=0)] = 60.0
    arc_tasks_dir: OptionalPath = None
    arcwatch_instance: str = ""
    ops_host: Host = "127.0.0.1"
    ops_port: Port = 0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @field_validator("hf_datasets")
    @classmethod
    def _datasets_are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("name at least one dataset, such as arcprize/arc_agi_v2_public_eval")
        for name in names:
            if not _DATASET.fullmatch(name):
                raise ValueError(f"{name!r} is not a dataset name of the form owner/name")
        return tuple(dict.fromkeys(names))

    @property
    def endpoint(self) -> str:
        """The Hub's base URL without a trailing slash."""
        return str(self.hf_endpoint).rstrip("/")

    @property
    def token(self) -> str | None:
        """The Hub's token, for the one place that sends it."""
        return self.hf_token.get_secret_value() if self.hf_token else None


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def load(settings_type: type[SettingsT], **overrides: Any) -> SettingsT:
    """Read the settings from the environment, or exit with EX_CONFIG and one line that says what to do."""
    try:
        return settings_type(**overrides)
    except ValidationError as error:
        stop("bad setting {}: {}".format(*first_wrong(error)))


def first_wrong(error: ValidationError) -> tuple[str, str]:
    """Return the first variable that is wrong, and what is wrong with it; its value may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    return ".".join(str(part) for part in first["loc"]).upper(), in_words(first)


def stop(line: str, status: int = EX_CONFIG) -> NoReturn:
    """End the process because of its own state, or of what it needs: one line on standard error, and the status."""
    print(f"arcwatch: {line}", file=sys.stderr, flush=True)  # noqa: T201 - the one line, before and after logs
    raise SystemExit(status)
