-- Outgoing notifications: what there is to tell, and the messages that tell it, each to one channel.
-- depends: 0014_messages_apart_from_reasoning

-- migrate: apply

-- At most one row: up to which instant a notifier has looked for news. Whoever looks locks it.
CREATE TABLE notification_reader (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    began_at   timestamptz NOT NULL,    -- what happened before is no news
    read_until timestamptz NOT NULL
);

CREATE TABLE notification_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL UNIQUE,   -- the same for what was told already
    kind        text NOT NULL,          -- landing, failure, verification
    hf_dataset  text NOT NULL,
    model       text NOT NULL,
    happened_at timestamptz NOT NULL,
    score       double precision,
    detail      jsonb NOT NULL
);

CREATE TABLE notification_messages (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),  -- what receivers tell twins by
    channel    text NOT NULL,           -- its name in NOTIFICATIONS_FILE
    status     text NOT NULL CHECK (status IN ('open', 'waiting', 'sent', 'dead')), -- open: more news may be added
    news       bigint[] NOT NULL,       -- of notification_events, in their order
    created_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,    -- when it is sent, or sent again
    attempts   integer NOT NULL DEFAULT 0,
    message    text,                    -- as it is sent each time; NULL before the first
    error      text,                    -- why the last attempt failed
    sent_at    timestamptz
);

CREATE INDEX notification_messages_unsent ON notification_messages (channel, due_at) WHERE status <> 'sent';

-- Few rows: what a verification found wrong is news.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX verifications_differing ON verifications (verified_at) WHERE verdict = 'differs';

-- migrate: rollback
