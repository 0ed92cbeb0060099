-- What admins did by the API: who, what, when, and how it ended.
-- depends: 0015_notifications

-- migrate: apply

-- Lines are only added. What is done elsewhere than in this database has two: one before the deed, and one that ends it.
CREATE TABLE IF NOT EXISTS admin_actions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      text NOT NULL,               -- the name of the token
    address    text NOT NULL,
    action     text NOT NULL,
    target     jsonb NOT NULL,
    request_id text NOT NULL,               -- of the HTTP request, as the access log has it
    outcome    text NOT NULL CHECK (outcome IN ('begun', 'done', 'failed')),
    detail     text,
    ends       bigint REFERENCES admin_actions (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS admin_actions_ends ON admin_actions (ends) WHERE ends IS NOT NULL;

-- migrate: rollback
