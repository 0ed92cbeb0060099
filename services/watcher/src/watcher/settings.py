"""The watcher's settings: the shared ones and the schedule."""

from common.schedule import ScheduleSettings
from common.settings import ServiceSettings


class Settings(ServiceSettings, ScheduleSettings):
    """Read from the environment by the field's name in capitals."""
