-- pattern_description gets the model's messages, reasoning_log keeps the reasoning alone: so the existing app shows them.
-- depends: 0013_model_names

-- migrate: apply

-- What an ingester writes now of the attempts in `raw`. `told` is the log of before: "reasoning, messages" for each
-- attempt, of a task with several pairs below "[pair N]". Only it says which pair an attempt answers where that is not
-- in its metadata; what comes after its end answers no pair of the task. A log that these attempts do not make stays, and
-- so does the description. `earlier`: at first, lists of texts were left out, and the setting of a summary was none.
CREATE FUNCTION arcwatch_texts(raw jsonb, told text, pairs integer, INOUT description text, OUT reasoning text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- What Python's str.strip takes off.
    blank CONSTANT text := E' \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005'
        || E'\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';
    attempt record;
    said text;
    label text;
    pair numeric;
    rest text := coalesce(told, '');
    messages text[] := '{}';
    thoughts text[] := '{}';
BEGIN
    reasoning := told;
    FOR attempt IN
        SELECT a.place, max(a.value->'metadata'->>'pair_index') AS pair,
            string_agg(t.text, E'\n\n' ORDER BY s.place, p.place) FILTER (WHERE s.place < 0 AND NOT t.setting) AS thought,
            string_agg(t.text, E'\n\n' ORDER BY s.place, p.place) FILTER (WHERE s.place > 0) AS message,
            string_agg(t.text, E'\n\n' ORDER BY s.place, p.place) FILTER (WHERE t.plain) AS earlier
        FROM jsonb_array_elements(raw) WITH ORDINALITY AS a (value, place)
        CROSS JOIN LATERAL (
            SELECT -2, a.value->'metadata'->'reasoning_summary'
            UNION ALL SELECT -1, a.value->'metadata'->'reasoning_content'
            UNION ALL SELECT c.place, c.value->'message'->'content'
            FROM jsonb_array_elements(CASE jsonb_typeof(a.value->'metadata'->'choices')
                WHEN 'array' THEN a.value->'metadata'->'choices' ELSE '[]' END) WITH ORDINALITY AS c (value, place)
            WHERE jsonb_typeof(c.value->'message') = 'object'
                AND coalesce(c.value->'message'->>'role', '') NOT IN ('user', 'system', 'developer')
        ) AS s (place, value)
        CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(s.value)
            WHEN 'array' THEN s.value ELSE jsonb_build_array(s.value) END) WITH ORDINALITY AS p (value, place)
        CROSS JOIN LATERAL (
            SELECT CASE WHEN jsonb_typeof(s.value) = 'array' AND jsonb_typeof(p.value) = 'object'
                THEN p.value->'text' ELSE p.value END
        ) AS found (value)
        CROSS JOIN LATERAL (
            SELECT found.value #>> '{}', jsonb_typeof(s.value) = 'string',
                s.place < 0 AND s.value IN ('"auto"', '"concise"', '"detailed"')
        ) AS t (text, plain, setting)
        WHERE jsonb_typeof(found.value) = 'string' AND btrim(t.text, blank) <> ''
        GROUP BY a.place
        ORDER BY a.place
    LOOP
        label := CASE WHEN pairs > 1 THEN substring(rest FROM '^\[pair \d+\]\n') ELSE '' END;
        said := label || nullif(concat_ws(E'\n\n', attempt.thought, attempt.message), '');
        IF starts_with(rest || E'\n\n', said || E'\n\n') IS NOT TRUE THEN
            said := label || attempt.earlier;
        END IF;
        IF starts_with(rest || E'\n\n', said || E'\n\n') THEN
            rest := substr(rest, length(said) + 3);
        ELSIF attempt.earlier IS NOT NULL THEN
            CONTINUE WHEN rest = '' OR coalesce(attempt.thought, attempt.message) IS NULL;
            RETURN;
        ELSE
            pair := coalesce(substring(attempt.pair FROM '^\d+$')::numeric, attempt.place - 1);
            CONTINUE WHEN pair >= pairs;
            label := CASE WHEN pairs > 1 THEN format(E'[pair %s]\n', pair) ELSE '' END;
        END IF;
        thoughts := thoughts || (label || attempt.thought);
        messages := messages || (label || attempt.message);
    END LOOP;
    IF rest = '' THEN
        reasoning := nullif(array_to_string(thoughts, E'\n\n'), '');
        description := coalesce(nullif(array_to_string(messages, E'\n\n'), ''), description);
    END IF;
END
$$;

-- Official files have at most 4 attempts in a row. Of very many, taking the log apart takes the square of their number.
UPDATE explanations SET (pattern_description, reasoning_log, has_reasoning_log) = (
    SELECT t.description, t.reasoning, t.reasoning IS NOT NULL
    FROM arcwatch_texts(provider_raw_response, reasoning_log,
        CASE WHEN has_multiple_predictions THEN num_test_pairs ELSE 1 END, pattern_description) AS t
)
WHERE hf_dataset IS NOT NULL
    AND CASE jsonb_typeof(provider_raw_response) WHEN 'array' THEN jsonb_array_length(provider_raw_response) <= 1000 END;

DROP FUNCTION arcwatch_texts;

-- migrate: rollback
