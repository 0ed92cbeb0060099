"""What a notifier does again and again: finds news, sends messages, serves admins. It knows nothing of how they go."""
