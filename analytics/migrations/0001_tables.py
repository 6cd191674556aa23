"""The tables of events and rollups, and the role that queries run as.

Plain SQL: partitions, NULLS NOT DISTINCT, numeric sums and row-level security are not the ORM's.
PostgreSQL 16 or newer.
"""

from django.db import migrations

EVENTS = """
CREATE TABLE events (
    project_id  integer        NOT NULL,
    status      integer,
    "timestamp" timestamptz(3) NOT NULL,
    latency_ms  double precision,
    bytes       bigint,
    uuid        uuid           NOT NULL,
    event       text           NOT NULL,
    distinct_id text           NOT NULL,
    customer_id text,
    endpoint    text,
    method      text,
    plan        text,
    rest        jsonb,
    PRIMARY KEY (project_id, "timestamp", uuid)
) PARTITION BY RANGE ("timestamp");
COMMENT ON TABLE events IS 'One row an event. A property that is a rollup dimension or measure and fits its
column lies there; every other property lies in rest, as it was sent. No default partition: it would refuse
DETACH CONCURRENTLY.';

CREATE FUNCTION property_number(value text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN value ~ '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$'
             AND pg_input_is_valid(value, 'double precision')
            THEN value::double precision END;
COMMENT ON FUNCTION property_number IS 'A Numeric property read from text: NULL where it is none.';
"""

DIMENSIONS = {
    "usage_day": ("day date", "day", ""),
    "usage_hour": ('"hour" timestamptz(0)', '"hour"', ""),
    "usage_detail_day": ("day date", "day", "endpoint, method, status, plan"),
    "usage_detail_hour": ('"hour" timestamptz(0)', '"hour"', "endpoint, method, status, plan"),
}


def rollup(table: str) -> str:
    bucket, bucket_name, detail = DIMENSIONS[table]
    columns = "endpoint text, method text, status double precision, plan text," if detail else ""
    key = f"project_id, event, {bucket_name}, customer_id" + (f", {detail}" if detail else "")
    return f"""
CREATE TABLE {table} (
    project_id       integer        NOT NULL,
    {bucket}         NOT NULL,
    first_at         timestamptz(3) NOT NULL,
    last_at          timestamptz(3) NOT NULL,
    calls            bigint         NOT NULL,
    latency_ms_count bigint         NOT NULL,
    bytes_count      bigint         NOT NULL,
    latency_ms_sum   numeric        NOT NULL,
    bytes_sum        numeric        NOT NULL,
    event            text           NOT NULL,
    customer_id      text,
    {columns}
    CONSTRAINT {table}_key UNIQUE NULLS NOT DISTINCT ({key})
) WITH (fillfactor = 80);
"""


LEDGER = """
CREATE TABLE detail_gaps (
    project_id integer        NOT NULL,
    event      text           NOT NULL,
    "hour"     timestamptz(0) NOT NULL,
    PRIMARY KEY (project_id, event, "hour")
);
COMMENT ON TABLE detail_gaps IS 'Hours whose usage_detail rows are incomplete (too many or too long keys): the
planner reads raw events for them.';

CREATE TABLE detail_keys (
    project_id integer        NOT NULL,
    event      text           NOT NULL,
    "hour"     timestamptz(0) NOT NULL,
    keys       integer        NOT NULL,
    PRIMARY KEY (project_id, event, "hour")
);
COMMENT ON TABLE detail_keys IS 'How many usage_detail_hour rows an hour has, raised as they are made:
counting them again for every batch would read up to the limit each time.';

CREATE TABLE event_times (
    project_id  integer        NOT NULL,
    uuid        uuid           NOT NULL,
    "timestamp" timestamptz(3) NOT NULL,
    fixed_at    timestamptz    NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, uuid)
);
COMMENT ON TABLE event_times IS 'The timestamp that the server gave an event, fixed by its first write, so
that every retry of the same uuid meets the same one. Kept for seven days at least.';
CREATE INDEX event_times_fixed_at ON event_times USING brin (fixed_at);

CREATE TABLE written_entries (
    shard      smallint    NOT NULL,
    first_ms   bigint      NOT NULL,
    first_seq  bigint      NOT NULL,
    last_ms    bigint      NOT NULL,
    last_seq   bigint      NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX written_entries_last ON written_entries (shard, last_ms);
COMMENT ON TABLE written_entries IS 'Runs of stream entries whose transaction has committed: a redelivered
one is not written, and not counted, again. A run is what one atomic read gave, so every entry of the stream
between its ends was in it. One row a run: one an entry would cost as much as the event of a single POST.';

CREATE TABLE ingest_totals (
    project_id integer NOT NULL,
    outcome    text    NOT NULL,
    reason     text    NOT NULL DEFAULT '',
    events     bigint  NOT NULL,
    PRIMARY KEY (project_id, outcome, reason)
);
COMMENT ON TABLE ingest_totals IS 'stored, duplicate and dead_lettered events, counted in the transaction that
made them so; received and rejected are counted in Valkey, with the append.';

CREATE TABLE dead_letters (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id  integer     NOT NULL,
    payload     text        NOT NULL,
    sqlstate    text        NOT NULL,
    reason      text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    replayed_at timestamptz
);
CREATE INDEX dead_letters_project ON dead_letters (project_id, id);

CREATE TABLE property_types (
    project_id integer NOT NULL,
    name       text    NOT NULL,
    type       text    NOT NULL CHECK (type IN ('String', 'Numeric', 'Boolean', 'DateTime')),
    PRIMARY KEY (project_id, name)
);
COMMENT ON TABLE property_types IS 'The type of a property, from the first value seen, then sticky.';
"""

QUERIED = ["events", *DIMENSIONS]

# CREATE ROLE fails where another database of the same server has made the role already.
ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'agentry_query') THEN
        CREATE ROLE agentry_query NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT agentry_query TO CURRENT_USER;
""" + "\n".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_project ON {table} FOR SELECT TO agentry_query
    USING (project_id = (SELECT current_setting('agentry.project_id')::integer));
GRANT SELECT ON {table} TO agentry_query;
"""
    for table in QUERIED
)

TABLES = [
    *QUERIED,
    "detail_gaps",
    "detail_keys",
    "event_times",
    "written_entries",
    "ingest_totals",
    "dead_letters",
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(
            EVENTS + "".join(rollup(table) for table in DIMENSIONS) + LEDGER + ROLE,
            "DROP TABLE " + ", ".join([*TABLES, "property_types"]) + "; DROP FUNCTION property_number",
        )
    ]
