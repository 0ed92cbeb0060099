"""Tells people and programs outside of what landed, failed, or was not confirmed: webhooks, chats, e-mail."""
