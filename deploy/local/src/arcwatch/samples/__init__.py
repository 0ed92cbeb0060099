"""Sample submissions: honest answers of small solvers to the real ARC tasks."""

from arcwatch.samples.answers import Bench
from arcwatch.samples.landing import land_samples, put_initial_samples
from arcwatch.samples.models import MODELS, SampleModel
from arcwatch.samples.submission import submission_files, write_submission

__all__ = [
    "MODELS",
    "Bench",
    "SampleModel",
    "land_samples",
    "put_initial_samples",
    "submission_files",
    "write_submission",
]
