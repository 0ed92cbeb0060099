"""Sample submissions by small solvers, which learn from training pairs alone. Knows nothing of how the Hub answers."""

from localhub.samples.answers import Bench
from localhub.samples.landing import land_samples, put_initial_samples
from localhub.samples.models import MODELS, SampleModel
from localhub.samples.submission import submission_files, write_submission

__all__ = [
    "MODELS",
    "Bench",
    "SampleModel",
    "land_samples",
    "put_initial_samples",
    "submission_files",
    "write_submission",
]
