"""What a notifier does again and again: finds news, sends messages. It knows nothing of how they go."""
