"""What the deployment and the command line say when they cannot go on: one line for the user, never a traceback."""


class DeploymentError(Exception):
    """Something is wrong that the user can mend; the message says what to do."""


class ChildDied(DeploymentError):  # noqa: N818 - an event that ends the deployment
    """A child process that must live has ended."""
