"""Every statement with which a database is backed up and restored."""

from typing import Final

# What COPY writes must be the same bytes anywhere, however long it takes.
SETTINGS: Final = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "30s",
}
# Of the transaction: a pooler refuses most of them at the start of a connection.
SET: Final = "SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS s (name, value)"

NOW: Final = "SELECT now(), current_setting('server_version')"
TABLES: Final = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""
COLUMNS: Final = """
SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
WHERE attrelid = ('public.' || quote_ident($1))::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
# Rows in one order have one hash, whatever the database's collation. A table without a key is sorted by all it holds.
ROWS: Final = """
SELECT format('SELECT %s FROM public.%I t ORDER BY %s', $2::text, $1::text, coalesce((
    SELECT string_agg(quote_ident(a.attname) || CASE WHEN a.attcollation <> 0 THEN ' COLLATE "C"' ELSE '' END, ', '
        ORDER BY k.place)
    FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE i.indisprimary AND i.indrelid = ('public.' || quote_ident($1))::regclass
), 't::text COLLATE "C"'))
"""
QUOTED: Final = """
SELECT string_agg(quote_ident(name), ', ' ORDER BY place) FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)
"""
IS_TYPE: Final = "SELECT to_regtype($1) IS NOT NULL"
HAS_ROWS: Final = "SELECT EXISTS (SELECT FROM public.{})"
# Sessions of services, and of other commands: what they have begun would be written into what is restored.
OTHERS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'arcwatch%'
"""
# The next number of a column that draws them is above all that are there.
SEQUENCES: Final = """
SELECT format('SELECT setval(%L, greatest((SELECT max(%I) FROM public.%I), 1), EXISTS (SELECT FROM public.%3$I))',
    pg_get_serial_sequence('public.' || quote_ident($1), a.attname), a.attname, $1::text)
FROM pg_attribute a WHERE a.attrelid = ('public.' || quote_ident($1))::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_get_serial_sequence('public.' || quote_ident($1), a.attname) IS NOT NULL
"""

# The planner knows nothing of rows that came by COPY.
ANALYZE: Final = "ANALYZE"
