"""How a message leaves: to a webhook, to a chat or by e-mail. It knows nothing of the database and of what is due."""
