"""The shapes of where figures come from: file, commit, run, rules, edition of the task set."""

from typing import Annotated

from pydantic import Field

from query_api.schemas.base import ApiModel


class FileOrigin(ApiModel):
    """The file that answers a task. All null: none does; all but its oid: from before paths were kept."""

    path: Annotated[str | None, Field(description="Below the model's folder. Several tasks may share one file.")] = None
    blob_oid: Annotated[str | None, Field(description="Git's hash of its content.")] = None
    hub_url: Annotated[str | None, Field(description="The file on the Hub, at the version's commit.")] = None


class ScoreOrigin(ApiModel):
    """By which rules a version was scored, and by which edition of its task set."""

    rules_version: Annotated[int | None, Field(description="Null: scored before the rules had versions.")]
    task_set_version: Annotated[str | None, Field(description="Null: scored before editions were kept.")]
    task_set_current: Annotated[
        bool | None, Field(description="Whether it is the edition that this server has today; null: not known.")
    ]
    hub_url: Annotated[str | None, Field(description="The commit on the Hub.")]


class Provenance(ScoreOrigin):
    """Where the figures of the current version come from."""

    run_id: int
    revision: str
    rules: Annotated[str | None, Field(description="What that version of the rules brought.")]
    rules_version_today: Annotated[int, Field(description="Another one: `arcwatch rescore` scores it anew.")]
    task_set_version_today: Annotated[str | None, Field(description="Null: this server does not have the set.")]
