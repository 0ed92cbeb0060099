"""The ingester's settings: the shared ones, and how much it takes on at once."""

from typing import Annotated

from common.hub.transports import TransportSettings
from common.names.file_setting import NamesSettings
from common.process.settings import ServiceSettings
from pydantic import Field

from ingester.submission.limits import MAX_FILE_BYTES, MEBIBYTE


class Settings(ServiceSettings, NamesSettings, TransportSettings):
    """Read from the environment by the field's name in capitals."""

    # Past two dozen, one ingester's CPU is the limit, and the Hub counts requests, not connections.
    ingest_concurrency: Annotated[int, Field(ge=1, le=256)] = 24
    # A larger file is refused before its download, and one that would take more
    # than six times this in memory before it is read.
    ingest_max_file_bytes: Annotated[int, Field(ge=1024)] = MAX_FILE_BYTES
    # Bytes of files from their download until their rows are written: it bounds the memory, at about six times this.
    ingest_bytes_in_flight: Annotated[int, Field(ge=1024)] = 16 * MEBIBYTE
    # Verifications by itself (docs/verification.md); 0 for none. One from rows takes about a second, one from the Hub
    # a request of git, or one for each file.
    verify_rows_per_hour: Annotated[int, Field(ge=0)] = 12
    verify_hub_per_day: Annotated[int, Field(ge=0)] = 2
