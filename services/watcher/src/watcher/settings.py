"""The watcher's settings: the shared ones and the schedule."""

from common.process.settings import ServiceSettings
from common.schedule import ScheduleSettings


class Settings(ServiceSettings, ScheduleSettings):
    """Read from the environment by the field's name in capitals."""
