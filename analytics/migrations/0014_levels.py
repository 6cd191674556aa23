"""Two more levels of rollups: statuses by day without endpoints, and endpoints by hour without customers.

Filled from the details that there are. The hours of detail_gaps are as incomplete in them as there. Writers
wait until it is done; one that runs the code of before afterwards would leave them short: stop the workers
before, start the new ones after (README, "Run it for real").
"""

from django.db import migrations

MEASURES = "first_at, last_at, calls, latency_ms_count, bytes_count, latency_ms_sum, bytes_sum"


def level(table: str, bucket: str, columns: str, source: str) -> str:
    """`columns` are its dimensions with their types; `source` is the level that has them all."""
    dimensions = ", ".join(column.split()[0] for column in columns.split(", "))
    name = bucket.split()[0]
    key = f"project_id, event, {name}, {dimensions}"
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
    {columns}
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
INSERT INTO {table} ({key}, {MEASURES})
SELECT {key}, min(first_at), max(last_at), sum(calls), sum(latency_ms_count), sum(bytes_count),
       sum(latency_ms_sum), sum(bytes_sum)
FROM {source} GROUP BY {key} ORDER BY project_id, {name};
ALTER TABLE {table} ADD CONSTRAINT {table}_key UNIQUE NULLS NOT DISTINCT ({key});
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_project ON {table} FOR SELECT TO agentry_query
    USING (project_id = (SELECT current_setting('agentry.project_id')::integer));
GRANT SELECT ON {table} TO agentry_query;
ANALYZE {table};
"""


STATUS_DAY = level(
    "usage_status_day", "day date", "customer_id text, status double precision", "usage_detail_day"
)
ENDPOINT_HOUR = level(
    "usage_endpoint_hour",
    '"hour" timestamptz(0)',
    "endpoint text, method text, status double precision, plan text",
    "usage_detail_hour",
)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0013_vacuum_rollups")]
    reviewed = "Writers wait while the details are summed, 21 s for 44 million events; readers do not."
    operations = [
        migrations.RunSQL(
            "LOCK TABLE usage_detail_hour, usage_detail_day IN SHARE MODE;" + STATUS_DAY + ENDPOINT_HOUR,
            "DROP TABLE usage_status_day, usage_endpoint_hour",
        )
    ]
