"""What is told: pieces of news, and the message that several make. It knows nothing of channels and of sending."""
