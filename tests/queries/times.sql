-- dateTrunc of a DateTime64 is one
select dateTrunc('hour', timestamp, 'Asia/Kolkata') as a, count() from events group by a order by a;
select dateTrunc('day', timestamp, 'America/Sao_Paulo') as a, count() from events group by a order by a;
select dateTrunc('day', timestamp) as a, count() from events where a between '2026-11-01' and today() group by a order by a;
select dateTrunc('second', timestamp) as a, dateTrunc('millisecond', timestamp) as b, dateTrunc('minute', timestamp) as c, dateTrunc('microsecond', timestamp) as d, toStartOfMicrosecond(timestamp) as e, toString(dateTrunc('hour', timestamp)) as f from events order by timestamp limit 40;
select dateTrunc('day', now()) as a, dateTrunc('hour', now()) as b, dateTrunc('week', now()) as c, dateTrunc('day', today()) as d, dateTrunc('second', now()) as e;
select extract(dow from timestamp) as d, extract(isodow from timestamp) as e, count() from events group by d, e order by d;
select toDaysSinceYearZero(timestamp, 'Asia/Kolkata') as a, toDaysSinceYearZero(toTimeZone(timestamp, 'Asia/Kolkata')) as b, toDaysSinceYearZero(toDateTime(timestamp, 'Asia/Kolkata')) as c from events order by timestamp limit 400;
-- texts beside times
select count() from events where timestamp >= '2026-11-1';
select count() from events where timestamp >= '2026-11-01 5:00:00';
select count() from events where timestamp >= '2026/11/01 05:00' and timestamp < '2026-11-10T05';
select count() from events where timestamp >= '2026-11-01 00:00:00 UTC' and timestamp < '2026-11-10 00:00:00 +0530';
select count() from events where timestamp >= '2026-11-01 00:00:00-05';
select count() from events where toDate(timestamp) >= '2026-11-1' and toDate(timestamp) < '2026/11/3';
select toDateOrDefault(event, toDate('2026-01-01')) as a, toDateTimeOrDefault(event, 'UTC', toDateTime('2026-01-01 00:00:00')) as b, count() from events group by a, b;
select toDate32(timestamp) as a, toUnixTimestamp64Nano(max(timestamp)) as b, serverTimezone() as c from events group by a order by a;
-- windows: what lies at their edges
select count(), sum(properties.bytes) from events where toDateTime(timestamp) > '2026-11-20 07:59:59' and toDateTime(timestamp) <= now() - interval 7 hour;
select count(), quantile(0.5)(properties.latency_ms) from events where toDateTime(timestamp) < now() - interval 26 hour;
select count() from events where toDateTime(timestamp, 'Europe/Berlin') >= '2026-11-01 01:00:00';
select count() from events where toTimeZone(timestamp, 'America/New_York') between '2026-10-25' and '2026-11-20 02:00:00';
select count() from events where timestamp + interval 7 day >= now() and timestamp + 60 > '2026-11-20 08:00:00';
select count(), quantile(0.5)(properties.latency_ms) from events where toStartOfMonth(timestamp) = '2026-11-01';
select count(), quantile(0.5)(properties.latency_ms) from events where toStartOfMonth(timestamp, 'America/New_York') >= '2026-11-01';
select count(), quantile(0.5)(properties.latency_ms) from events where toStartOfWeek(timestamp) >= toStartOfWeek(now()) - interval 2 week;
select count(), quantile(0.5)(properties.latency_ms) from events where toDate(timestamp, 'America/New_York') in ('2026-10-31', '2026-11-19');
select count(), quantile(0.5)(properties.latency_ms) from events where toDate(timestamp) <= toDateTime('2026-11-10 05:00:00');
select count(), quantile(0.5)(properties.latency_ms) from events where toStartOfHour(timestamp) <= '2026-11-20 07:30:00' and toStartOfDay(timestamp, 'Europe/Berlin') > toDateTime('2026-11-01 00:00:00', 'Europe/Berlin');
select count(), quantile(0.5)(properties.latency_ms) from events where toDateTime(timestamp) = '2026-11-01 00:00:00';
select dateDiff('day', timestamp, now()) as d, count() from events where dateDiff('hour', timestamp, now()) < 400 group by d order by d;
select dateName('weekday', timestamp) as d, dateName('hour', toDateTime(timestamp)) as h, count() from events group by d, h order by d, h;
-- printed
select count() from events where properties.customer_id not in (select properties.customer_id from events where properties.plan = 'pro' and timestamp > now() - interval 2 day);
-- printed
select sum(if(properties.status >= 500, properties.bytes, 0)) as a, avg(ifNull(properties.latency_ms, 0)) as b, sum(properties.bytes / 1024) as c, avg(if(properties.status >= 500, 1.0, 0.0)) as d, count(if(event = 'sign_up', properties.bytes, NULL)) as e from events;
