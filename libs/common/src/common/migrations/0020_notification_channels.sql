-- What a notifier says of its channels, for admins to see, and the test messages that they ask for.
-- depends: 0019_overtaken_events

-- migrate: apply

-- The notifier writes it. Nothing of where a channel leads, and no secret.
CREATE TABLE notification_channels (
    name      text PRIMARY KEY,
    kind      text NOT NULL,
    filters   jsonb NOT NULL,       -- which news it takes, and how long a message waits for more
    seen_at   timestamptz NOT NULL, -- when a notifier last said that it has it
    sent_at   timestamptz,          -- when a receiver last took a message
    failed_at timestamptz,          -- when one last did not
    error     text                  -- why
);

-- The query API adds them, and the notifier says what became of them. None is sent twice, or late.
CREATE TABLE notification_tests (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel  text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    begun_at timestamptz,
    ended_at timestamptz,
    kind     text,                  -- of its failure; null: the receiver took it
    reason   text
);

-- migrate: rollback
