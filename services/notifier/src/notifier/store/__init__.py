"""Every SQL statement of the notifier: what is news, and the messages that tell it. It knows nothing of sending."""
