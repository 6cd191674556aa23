select count() from events;
select count(*) as n, count(properties.status) as known, uniq(properties.customer_id) as customers from events;
-- top customers
select properties.customer_id as customer, count() as n from events group by customer order by n desc, customer limit 5;
select properties.customer_id, count() from events where event = 'api_request' and timestamp > now() - interval 30 day group by properties.customer_id order by count() desc, properties.customer_id limit 10;
select properties.customer_id as c, sum(properties.bytes) as total from events group by c order by total desc, c;
select properties.customer_id as c, sum(properties.bytes) / count() as mean from events group by c having count() > 50 order by mean desc, c;
select properties.customer_id as c, count() as n from events where c != '' and c is not null group by c order by n desc, c limit 3 offset 1;
select distinct properties.customer_id as c from events order by c;
select lower(properties.customer_id) as c, count() from events group by c order by c;
-- series
select toDate(timestamp) as day, count() as n from events group by day order by day;
select toStartOfDay(timestamp) as day, count() as n from events where timestamp >= now() - interval 14 day group by day order by day;
select toStartOfHour(timestamp) as h, count() from events where timestamp >= '2026-11-20 00:00:00' group by h order by h;
select toStartOfWeek(timestamp) as w, uniq(properties.customer_id) as active from events group by w order by w;
select toMonday(timestamp) as w, uniqExact(distinct_id) as active from events group by w order by w;
select toStartOfMonth(timestamp) as m, count() as n, sum(properties.bytes) as b from events group by m order by m;
select toStartOfInterval(timestamp, interval 6 hour) as t, count() from events where timestamp >= '2026-11-18' group by t order by t;
select toStartOfFifteenMinutes(timestamp) as t, count() from events where toDate(timestamp) = '2026-11-20' group by t order by t;
select toYYYYMM(timestamp) as ym, count() from events group by ym order by ym;
select dateTrunc('week', timestamp) as w, count() from events group by w order by w;
-- printed
select dateTrunc('hour', timestamp) as h, count() as n from events group by h having n > 1 order by n desc, h limit 20;
select toDate(timestamp) as day, properties.endpoint as endpoint, count() as n from events where timestamp > now() - interval 7 day group by day, endpoint order by day, n desc, endpoint;
select toDate(timestamp) as day, countIf(properties.status >= 500) as errors, count() as n, errors / n as rate from events group by day order by day;
select toDate(timestamp, 'America/New_York') as day, count() from events group by day order by day;
select toStartOfDay(toTimeZone(timestamp, 'Asia/Kolkata')) as day, count() from events group by day order by day;
select toHour(toTimeZone(timestamp, 'Europe/Berlin')) as h, count() from events group by h order by h;
select formatDateTime(timestamp, '%Y-%m') as m, count() from events group by m order by m;
select toDayOfWeek(timestamp) as d, toHour(timestamp) as h, count() as n from events group by d, h order by d, h;
select toISOWeek(timestamp) as w, count() from events group by w order by w;
select if(toDayOfWeek(timestamp) in (6, 7), 'weekend', 'week') as part, count() from events group by part order by part;
-- hour of day for the top five
select properties.customer_id as c, toHour(timestamp) as h, count() as n from events where c in (select properties.customer_id from events where properties.customer_id != '' group by 1 order by count() desc, 1 limit 5) group by c, h order by c, h;
with top as (select properties.customer_id as c from events where properties.customer_id is not null group by c order by count() desc, c limit 3) select toHour(timestamp) as h, count() as n from events where properties.customer_id in (select c from top) group by h order by h;
-- error rates
select properties.endpoint as e, countIf(properties.status >= 400) as bad, count() as n, round(100 * bad / n, 2) as percent from events group by e order by percent desc, e;
select properties.endpoint as e, avg(if(properties.status >= 500, 1, 0)) as rate from events group by e order by rate desc, e;
select properties.method as m, sum(if(properties.status >= 400, 1, 0)) as bad from events group by m order by m;
select properties.endpoint as e, countIf(properties.status between 400 and 499) as c4, countIf(properties.status >= 500) as c5, countIf(properties.status < 400) as ok from events group by e order by e;
select multiIf(properties.status >= 500, '5xx', properties.status >= 400, '4xx', properties.status >= 300, '3xx', properties.status >= 200, '2xx', 'none') as class, count() as n from events group by class order by class;
select intDiv(properties.status, 100) as class, count() from events where properties.status is not null group by class order by class;
select floor(properties.status / 100) as class, count() as n from events group by class order by class;
select case when properties.status >= 500 then 'server' when properties.status >= 400 then 'client' else 'fine' end as kind, count() from events group by kind order by kind;
select case properties.method when 'GET' then 'read' when 'POST' then 'write' else 'other' end as kind, count() from events group by kind order by kind;
select properties.customer_id as c, countIf(properties.status >= 500) / count() as rate from events group by c having rate > 0.1 order by rate desc, c;
select properties.status as s, count() as n from events group by s order by s;
select properties.status as s, count() as n from events group by s order by s desc limit 3;
select properties.status, properties.method, count() from events where properties.status in (404, 500) group by 1, 2 order by 1, 2;
-- printed
select count() from events where properties.status != 200;
-- printed
select count() from events where not (properties.status = 200);
-- printed
select count() from events where properties.customer_id not in ('acme', 'wayne');
-- printed
select count() from events where properties.customer_id != 'acme' and properties.plan not like 'p%';
-- printed
select countIf(properties.plan = NULL) as a, countIf(properties.plan != NULL) as b, countIf(properties.plan = properties.plan) as c from events;
-- printed
select properties.plan = 'pro' as pro, count() from events group by pro order by pro;
-- printed
select properties.status > 300 as bad, properties.cached = true as c, count() from events group by bad, c order by bad, c;
-- latency
select properties.endpoint as e, quantile(0.5)(properties.latency_ms) as p50, quantile(0.95)(properties.latency_ms) as p95, quantile(0.99)(properties.latency_ms) as p99 from events group by e order by e;
select quantiles(0.5, 0.9, 0.99)(properties.latency_ms) as q from events;
select properties.method as m, median(properties.latency_ms) as p50, avg(properties.latency_ms) as mean, max(properties.latency_ms) as worst, min(properties.latency_ms) as best from events group by m order by m;
select quantileIf(0.9)(properties.latency_ms, properties.status < 400) as p90, avgIf(properties.latency_ms, properties.status >= 500) as slow from events;
select quantileExact(0.9)(properties.latency_ms) as p90 from events;
select toDate(timestamp) as d, quantile(0.95)(properties.latency_ms) as p95 from events where timestamp > now() - interval 10 day group by d order by d;
select floor(properties.latency_ms / 500) * 500 as bucket, count() as n from events where properties.latency_ms is not null group by bucket order by bucket;
select multiIf(properties.latency_ms < 100, 'fast', properties.latency_ms < 1000, 'fine', properties.latency_ms >= 1000, 'slow', 'unknown') as speed, count() from events group by speed order by speed;
select round(properties.latency_ms, -3) as r, count() from events group by r order by r;
select stddevPop(properties.latency_ms) as sd, varSamp(properties.latency_ms) as v from events;
select properties.endpoint as e, argMax(properties.customer_id, properties.latency_ms) as who, max(properties.latency_ms) as ms from events group by e order by e;
select widthBucket(toFloat64(properties.latency_ms), 0, 5000, 5) as b, count() from events where properties.latency_ms is not null group by b order by b;
select log10(properties.latency_ms + 1) as l, properties.latency_ms as ms from events where properties.latency_ms > 5000 order by timestamp limit 10;
-- drops and growth
select c, this_week, last_week from (select properties.customer_id as c, countIf(timestamp > now() - interval 7 day) as this_week, countIf(timestamp > now() - interval 14 day and timestamp <= now() - interval 7 day) as last_week from events group by c) where this_week < last_week * 0.9 order by c;
select properties.customer_id as c, countIf(timestamp >= now() - interval 7 day) as recent, countIf(timestamp < now() - interval 7 day and timestamp >= now() - interval 14 day) as before, round((recent - before) / before * 100, 1) as change from events group by c having before > 0 order by change, c;
select properties.customer_id as c, countIf(toStartOfMonth(timestamp) = '2026-11-01') as nov, countIf(toStartOfMonth(timestamp) = '2026-10-01') as oct from events group by c having nov > oct * 0.7 order by c;
select m, n, n - lagInFrame(n) over (order by m rows between unbounded preceding and unbounded following) as delta from (select toStartOfMonth(timestamp) as m, count() as n from events group by m) order by m;
select week, n, lagInFrame(n, 1, 0) over (order by week rows between unbounded preceding and unbounded following) as previous, n - previous as delta from (select toStartOfWeek(timestamp, 1) as week, count() as n from events group by week) order by week;
select c, week, n, n - lag(n) over (partition by c order by week) as delta from (select ifNull(properties.customer_id, '') as c, toMonday(timestamp) as week, count() as n from events group by c, week) order by c, week;
select c, week, n / nullIf(first_value(n) over (partition by c order by week), 0) as ratio from (select ifNull(properties.customer_id, '') as c, toMonday(timestamp) as week, count() as n from events group by c, week) order by c, week;
select day, n, avg(n) over (order by day rows between 6 preceding and current row) as moving from (select toDate(timestamp) as day, count() as n from events group by day) order by day;
select day, n, sum(n) over (order by day) as total from (select toDate(timestamp) as day, count() as n from events group by day) order by day;
select day, n, max(n) over (order by day rows between 2 preceding and 2 following) as peak, count() over (order by day rows between 2 preceding and current row) as k from (select toDate(timestamp) as day, count() as n from events group by day) order by day;
select c, n, n / sum(n) over () as share from (select properties.customer_id as c, count() as n from events group by c) order by n desc, c;
select properties.customer_id as c, count() as n, n / (select count() from events) as share from events group by c order by n desc, c;
select properties.customer_id as c, round(count() * 100 / (select count() from events where event = 'api_request'), 3) as percent from events where event = 'api_request' group by c order by percent desc, c;
select c, n, rank() over (order by n desc) as place, dense_rank() over (order by n desc) as dense, row_number() over (order by n desc, c) as line from (select ifNull(properties.customer_id, '-') as c, count() as n from events group by c) order by line;
select c, n, percent_rank() over (order by n, c) as pr, cume_dist() over (order by n, c) as cd, ntile(3) over (order by n, c) as third from (select ifNull(properties.customer_id, '-') as c, count() as n from events group by c) order by n, c;
select e, c, n from (select properties.endpoint as e, ifNull(properties.customer_id, '-') as c, count() as n, row_number() over (partition by e order by count() desc, c) as place from events group by e, c) where place <= 2 order by e, n desc, c;
select properties.endpoint as e, ifNull(properties.customer_id, '-') as c, count() as n from events group by e, c order by e, n desc, c limit 2 by e;
select properties.endpoint as e, properties.method as m, count() as n from events group by e, m order by n desc, e, m limit 1 by e limit 4;
select event, timestamp from events order by event, timestamp limit 3 by event;
select toDate(timestamp) as d, timestamp from events order by timestamp desc limit 1 by d limit 5;
-- sparkline arrays
select c, groupArray(n) as spark from (select ifNull(properties.customer_id, '') as c, toMonday(timestamp) as w, count() as n from events group by c, w order by c, w) group by c order by c;
select properties.customer_id as c, arrayMap(i -> countEqual(groupArray(toDate(timestamp)), toDate('2026-11-16') + i), range(7)) as spark from events group by c order by c;
select c, arraySort(groupArray((d, n))) as spark from (select ifNull(properties.customer_id, '') as c, toDate(timestamp) as d, count() as n from events where timestamp >= '2026-11-18' group by c, d) group by c order by c;
select arrayMap(x -> x.2, arraySort(groupArray((h, n)))) as hours from (select toHour(timestamp) as h, count() as n from events group by h);
select c, arrayCumSum(groupArray(n)) as total from (select ifNull(properties.plan, '') as c, toMonday(timestamp) as w, count() as n from events group by c, w order by c, w) group by c order by c;
-- active days, first and last seen
select properties.customer_id as c, count(distinct toDate(timestamp)) as days, min(timestamp) as first_seen, max(timestamp) as last_seen from events group by c order by days desc, c;
select properties.customer_id as c, dateDiff('day', min(timestamp), max(timestamp)) as span, dateDiff('hour', max(timestamp), now()) as idle from events group by c order by c;
select properties.customer_id as c from events group by c having max(timestamp) < now() - interval 1 day order by c;
select distinct_id, minIf(timestamp, event = 'sign_up') as signed, argMin(event, timestamp) as first_event, argMax(event, timestamp) as last_event from events group by distinct_id order by distinct_id;
select properties.customer_id as c, any(properties.plan) is not null as has_plan from events group by c order by c;
select max(timestamp), min(timestamp), dateDiff('minute', min(timestamp), max(timestamp)) from events where event = 'none';
select count(), sum(properties.bytes), avg(properties.latency_ms), min(properties.status), max(properties.customer_id), sum(1), groupArray(event), uniq(event) from events where event = 'none';
select event, count() from events where event = 'none' group by event;
-- new and returning, cohorts, retention
select if(first_seen >= toDateTime('2026-10-02 00:00:00'), 'new', 'old') as kind, count() from (select properties.customer_id as c, min(timestamp) as first_seen from events group by c) group by kind order by kind;
with firsts as (select distinct_id, toMonday(min(timestamp)) as cohort from events group by distinct_id) select f.cohort as cohort, dateDiff('week', f.cohort, toMonday(e.timestamp)) as week, uniq(e.distinct_id) as people from events e join firsts f on e.distinct_id = f.distinct_id group by cohort, week order by cohort, week;
select uniqIf(distinct_id, toDate(timestamp) = '2026-11-20') as d0, uniqIf(distinct_id, toDate(timestamp) = '2026-11-21') as d1 from events;
select a.c, a.n, b.n from (select properties.plan as c, count() as n from events where timestamp < '2026-11-01' group by c) a inner join (select properties.plan as c, count() as n from events where timestamp >= '2026-11-01' group by c) b on a.c = b.c order by a.c;
select count() from (select distinct_id, toDate(timestamp) as d from events group by 1, 2) a join (select distinct_id, toDate(timestamp) as d from events group by 1, 2) b on a.distinct_id = b.distinct_id and b.d = a.d + 1;
select uniq(distinct_id) from events where timestamp >= '2026-11-10' and distinct_id in (select distinct_id from events where timestamp < '2026-11-01');
-- funnels
select countIf(s > 0) as step1, countIf(s > 0 and v > 0) as step2, countIf(s > 0 and v > 0 and a > 100) as step3 from (select distinct_id, countIf(event = 'sign_up') as s, countIf(event = 'page_view') as v, countIf(event = 'api_request') as a from events group by distinct_id);
select distinct_id, minIf(timestamp, event = 'sign_up') as t1, minIf(timestamp, event = 'page_view') as t2, t2 > t1 as after from events group by distinct_id order by distinct_id;
-- gaps and sessions
select c, max(gap) as longest from (select ifNull(properties.customer_id, '') as c, dateDiff('second', lagInFrame(timestamp, 1, timestamp) over (partition by c order by timestamp rows between unbounded preceding and unbounded following), timestamp) as gap from events) group by c order by c;
select c, sum(starts) as sessions from (select ifNull(properties.customer_id, '') as c, if(dateDiff('minute', lagInFrame(timestamp) over (partition by c order by timestamp rows between unbounded preceding and unbounded following), timestamp) > 720, 1, 0) as starts from events) group by c order by c;
select distinct_id, timestamp, leadInFrame(event, 1, 'end') over (partition by distinct_id order by timestamp rows between unbounded preceding and unbounded following) as next from events order by timestamp limit 30;
select timestamp, row_number() over (partition by toDate(timestamp) order by timestamp) as n from events order by timestamp limit 60;
select avg(gap) from (select dateDiff('millisecond', lagInFrame(timestamp, 1, timestamp) over (order by timestamp rows between unbounded preceding and unbounded following), timestamp) as gap from events);
-- unions
select 'all' as what, count() as n from events union all select 'bad' as what, countIf(properties.status >= 400) as n from events;
select what, n from (select 'a' as what, 1 as n union all select 'b', 300 union all select 'c', -5) order by what;
select x from (select event as x from events union distinct select distinct_id from events) order by x;
select sum(n) from (select count() as n from events where event = 'page_view' union all select count() from events where event = 'sign_up');
-- joins
select e.event as event, count() as n, any(t.total) as total from events e left join (select event, count() as total from events group by event) t on e.event = t.event group by event order by event;
select a.c as c, a.n as n, b.bytes as bytes from (select ifNull(properties.customer_id, '') as c, count() as n from events group by c) a left join (select ifNull(properties.customer_id, '') as c, sum(properties.bytes) as bytes from events where properties.status >= 500 group by c) b on a.c = b.c order by c;
select a.d, b.n from (select toDate(timestamp) as d from events group by d) a left join (select toDate(timestamp) as d, count() as n from events where event = 'sign_up' group by d) b on a.d = b.d order by a.d;
select a.d, b.first, b.name from (select toDate('2026-10-01') + number as d from numbers(60)) a left join (select toDate(timestamp) as d, min(timestamp) as first, max(event) as name from events group by d) b on a.d = b.d order by a.d;
select u.customer_id, sum(u.calls) as calls from usage u group by u.customer_id order by calls desc, u.customer_id;
select event, day, calls, first_call_at, last_call_at from usage where customer_id = 'acme' order by day, event limit 20;
select u.day as day, sum(u.calls) as calls, count() as edges from usage as u where u.day >= '2026-11-15' group by day order by day;
select count() from events a cross join numbers(3) n where a.event = 'sign_up';
select a.x, b.y from (select 1 as x union all select 2) a full join (select 2 as y union all select 3) b on a.x = b.y order by a.x, b.y;
select a.x, b.y from (select 1 as x union all select 2) a right join (select 2 as y union all select 3) b on a.x = b.y order by a.x, b.y;
select c from (select ifNull(properties.customer_id, '') as c, count() as n from events group by c) where c not in (select ifNull(properties.customer_id, '') from events where properties.status = 503) order by c;
select distinct_id, count() from events where (distinct_id, event) in (select distinct_id, event from events group by 1, 2 having count() > 60) group by distinct_id order by distinct_id;
select e.properties.endpoint as ep, count() from events as e where e.properties.method = 'GET' group by ep order by ep;
select d.day, c.n from (select toDate(timestamp) as day from events group by day) d left join (select toDate(timestamp) as day, count() as n from events where properties.plan = 'enterprise' group by day) c using (day) order by day;
-- arrays
select ifNull(properties.customer_id, '') as c, arraySort(groupUniqArray(properties.endpoint)) as endpoints from events group by c order by c;
select ifNull(properties.customer_id, '') as c, length(groupUniqArray(properties.endpoint)) as n, has(groupUniqArray(properties.endpoint), '/health') as h from events group by c order by c;
select arrayJoin(splitByChar('/', properties.endpoint)) as part, count() as n from events where properties.endpoint is not null group by part order by part;
select part, count() from events array join splitByChar('/', ifNull(properties.endpoint, '')) as part where part != '' group by part order by part;
select arrayStringConcat(arraySort(groupUniqArray(event)), ', ') as names from events;
select d, arrayFilter(x -> x > 1000, groupArray(properties.latency_ms)) as slow from (select toDate(timestamp) as d, * from events order by timestamp) where d >= '2026-11-20' group by d order by d;
select splitByChar('/', properties.endpoint)[2] as version, count() from events where properties.endpoint is not null group by version order by version;
select splitByChar('/', ifNull(properties.endpoint, '/'))[-1] as last, count() from events group by last order by last;
select arraySum(groupArray(properties.bytes)) as a, arrayMax(groupArray(properties.status)) as b from events;
select arrayMap((x, y) -> x + y, [1, 2], [3, 4]) as a, arrayReverse([1, 2, 3]) as b, arrayDistinct([1, 1, 2]) as c, arrayExists(x -> x > 2, [1, 2, 3]) as d;
select number, arrayMap(x -> x * number, range(3)) as a from numbers(4) order by number;
select number as n, x from numbers(3) array join range(n) as x order by n, x;
select number as n, x from numbers(3) left array join range(n) as x order by n, x;
select n, arr, i from (select number as n, [n, n + 1] as arr from numbers(3)) array join arr as x, arrayEnumerate(arr) as i order by n, i;
select tupleElement((1, 'a'), 2) as a, (event, distinct_id).1 as b from events order by timestamp limit 3;
select topK(1)(properties.method) from events;
select groupArrayIf(event, event = 'sign_up') as g from events where toDate(timestamp) = '2026-11-20';
select groupArray(3)(event) as first_three from (select event from events order by timestamp);
select properties.endpoint as e, count() from (select * from events where event = 'sign_up') group by e order by e;
select t.properties.status as s, t.properties.latency_ms as ms, t.event from (select timestamp, event, properties from events) as t order by t.timestamp limit 20;
with recent as (select * from events where timestamp > now() - interval 7 day) select properties.plan as plan, avg(properties.latency_ms) from recent group by plan order by plan;
select a.properties.customer_id as c, count() from (select * from events) a inner join (select distinct_id, max(timestamp) as last from events group by distinct_id) b on a.distinct_id = b.distinct_id and a.timestamp = b.last group by c order by c;
-- text
select extract(properties.endpoint, '/v([0-9]+)/') as v, count() from events where properties.endpoint is not null group by v order by v;
select replaceRegexpAll(properties.endpoint, '[0-9]+', ':n') as route, count() as n from events group by route order by route;
select count() from events where properties.endpoint like '/v1/%';
select count() from events where properties.endpoint ilike '%USERS%';
select count() from events where match(properties.endpoint, '^/v[12]/');
-- printed
select count() from events where properties.endpoint =~ 'orders';
select countIf(properties.region like 'a\%b%') as a, countIf(properties.region like '%_c') as b, countIf(position(properties.region, '''') > 0) as c from events;
select length(properties.region) as bytes, lengthUTF8(properties.region) as chars, upper(properties.region) as u, lowerUTF8(properties.region) as l, count() from events group by bytes, chars, u, l order by bytes, chars, u, l;
select substring(properties.endpoint, 1, 4) as head, count() from events group by head order by head;
select concat(event, ':', distinct_id) as k, count() from events group by k order by k;
select event || '-' || toString(toHour(timestamp)) as k, count() as n from events group by k order by n desc, k limit 10;
select coalesce(properties.customer_id, 'unknown') as c, count() from events group by c order by c;
select ifNull(nullIf(properties.customer_id, ''), 'none') as c, count() from events group by c order by c;
-- printed
select properties.customer_id ?? 'nobody' as c, count() from events group by c order by c;
select empty(ifNull(properties.region, '')) as e, count() from events group by e order by e;
select domain('https://api.example.com/x?y=1') as d, path('https://api.example.com/x?y=1') as p, cutQueryString(ifNull(properties.endpoint, '')) as q, count() from events group by q order by q;
select trim(' x ') as a, reverse('abc') as b, repeat('ab', 2) as c, format('{} {}', 'a', 'b') as d, leftPad('7', 3, '0') as e, toString(1.5) as f;
select startsWith(properties.endpoint, '/v1') as v1, count() from events where properties.endpoint is not null group by v1 order by v1;
-- properties
select properties.score as s, count() from events group by s order by s;
select properties.cached as c, count(), avg(properties.latency_ms) from events group by c order by c;
select avg(properties.cached) as rate, countIf(properties.cached) as hits from events;
select properties.due as d, count() from events group by d order by d;
select dateDiff('day', timestamp, properties.due) as days, count() from events group by days order by days;
select properties.region as r, count() from events group by r order by r;
select sum(properties.score), min(properties.score), max(properties.score), uniq(properties.score) from events;
select properties.score + 1 as a, properties.score * 2 as b, properties.score / 0 as c, -properties.score as d from events order by timestamp limit 40;
select toInt64(properties.bytes) % 7 as r, count() from events where properties.bytes is not null group by r order by r;
-- printed
select properties.nested.level as level, properties.nested.name as name, count() from events group by level, name order by level, name;
-- printed
select properties['size'] as s, count() from events group by s order by s;
-- printed
select JSONExtractInt(properties, 'size') as s, JSONExtractString(properties, 'region') as r, JSONHas(properties, 'tags') as t, count() from events group by s, r, t order by s, r, t;
-- printed
select arrayJoin(JSONExtract(properties, 'tags', 'Array(String)')) as tag, count() from events group by tag order by tag;
-- printed
select length(JSONExtractArrayRaw(properties, 'tags')) as n, count() from events group by n order by n;
-- aliases, positions, WITH
select toDate(timestamp) as day, count() as n from events where day >= '2026-11-15' group by 1 order by 2 desc, 1;
with 7 as days select count() from events where timestamp > now() - toIntervalDay(days);
with now() - interval 7 day as since, 'api_request' as name select count() from events where timestamp >= since and event = name;
with a as (select event, count() as n from events group by event), b as (select sum(n) as total from a) select a.event, a.n / b.total as share from a cross join b order by a.event;
with (select max(timestamp) from events) as last select dateDiff('second', min(timestamp), last) as s from events;
select n, n * 2 as twice, twice + 1 as more from (select count() as n from events);
select count() as c, c + 1 as d, if(d > 10, 'many', 'few') as e from events;
select event as e, count() as n from events group by e having n > (select count() / 5 from events) order by e;
select max(n) as most, avg(n) as mean from (select count() as n from events group by toDate(timestamp));
select toDate(timestamp) as timestamp, count() from events group by timestamp order by timestamp limit 3;
select event, count() as n from events group by event order by n desc limit 1;
select (select count() from events where event = 'sign_up') as a, (select count() from events where event = 'page_view') as b, a / b as ratio;
select distinct event, properties.plan from events order by event, properties.plan;
select event, properties.method, count() from events group by event, properties.method order by count() desc, event, properties.method limit 5;
select timestamp, event, properties.customer_id, properties.status from events order by timestamp desc limit 10;
select timestamp, event from events order by timestamp limit 5 offset 10;
select uuid, timestamp from events order by uuid limit 4;
select count() from events where timestamp between '2026-11-01' and '2026-11-20 07:59:59.999';
select count() from events where timestamp >= toDateTime('2026-11-20 08:00:00') and timestamp < toDateTime('2026-11-20 08:00:00') + interval 1 hour;
select count() from events where toDate(timestamp) = yesterday();
select count() from events where toDate(timestamp) >= today() - 7 and toDate(timestamp) < today();
select count() from events where timestamp >= toStartOfMonth(now());
select count() from events where toYear(timestamp) = 2026 and toMonth(timestamp) = 10 and toDayOfMonth(timestamp) > 20;
select count() from events where properties.status in (200, 404) and properties.method = 'GET' or properties.plan = 'free';
select count() from events where properties.latency_ms > 100 and properties.latency_ms <= 2000;
select count() from events where properties.status >= 200 and (properties.customer_id = 'acme' or properties.customer_id is null);
select count() from events where properties.customer_id is null or empty(properties.customer_id);
select sumIf(properties.bytes, properties.method = 'GET') as g, sumIf(properties.bytes, properties.method = 'POST') as p, g / (g + p) as share from events;
select countIf(event = 'api_request' and properties.status < 400) as ok, countIf(event = 'api_request') as n, ok * 100 / n as uptime from events;
select uniqIf(properties.customer_id, properties.status >= 500) as hit, uniq(properties.customer_id) as everybody from events;
select avg(n), max(n), quantile(0.5)(n) from (select properties.customer_id, toDate(timestamp) as d, count() as n from events group by 1, 2);
select toStartOfHour(timestamp) as h, count() / 3600 as per_second from events where toDate(timestamp) = '2026-11-20' group by h order by h;
select max(n) from (select toStartOfMinute(timestamp) as m, count() as n from events group by m);
select d, sum(n) over (partition by toStartOfMonth(d) order by d) as month_to_date from (select toDate(timestamp) as d, count() as n from events group by d) order by d;
select c, m, sum(b) over (partition by c order by m) as running from (select ifNull(properties.plan, '') as c, toStartOfMonth(timestamp) as m, sum(properties.bytes) as b from events group by c, m) order by c, m;
select d, n, n > 1.3 * avg(n) over (order by d rows between 7 preceding and 1 preceding) as spike from (select toDate(timestamp) as d, count() as n from events group by d) order by d;
select first_value(event) over (partition by distinct_id order by timestamp) as f, last_value(event) over (partition by distinct_id order by timestamp rows between unbounded preceding and unbounded following) as l, nth_value(event, 2) over (partition by distinct_id order by timestamp rows between unbounded preceding and unbounded following) as second from events order by timestamp limit 20;
select event, min(timestamp) over (partition by event) as first from events order by timestamp limit 10;
select number, sum(number) over (order by number rows between 1 preceding and 1 following) as s, groupArray(number) over (order by number rows between 2 preceding and current row) as g from numbers(6) order by number;
select c, n, n - avg(n) over () as off from (select event as c, count() as n from events group by c) order by c;
select intDiv(toUnixTimestamp(timestamp), 86400) as d, count() from events group by d order by d limit 5;
select toUnixTimestamp(timestamp) as u, toUnixTimestamp64Milli(timestamp) as ms from events order by timestamp limit 3;
select addDays(toDate('2026-02-27'), 3) as a, addMonths(toDate('2026-01-31'), 1) as b, subtractYears(toDate('2024-02-29'), 1) as c, toLastDayOfMonth(toDate('2026-02-03')) as d, age('month', toDate('2026-01-31'), toDate('2026-02-28')) as e;
select greatest(1, 2.5) as a, least('a', 'b') as b, abs(-3) as c, round(2.5) as d, round(-1.25, 1) as e, floor(-1.5) as f, ceil(1.2) as g, 7 % 3 as h, -7 % 3 as i, intDiv(-7, 2) as j, 1 / 0 as k, 5 - 7 as l;
-- printed
select toFloat('1.5') as a, toInt('12') as b, toString(5) as c, toInt64OrZero('x') as d, toFloat64OrNull('y') as e, toDate('2026-01-02') as f;
select countIf(toHour(timestamp) between 9 and 17) as office, countIf(not (toHour(timestamp) between 9 and 17)) as other from events;
select properties.plan as plan, count() as calls, uniq(properties.customer_id) as customers, round(calls / customers, 2) as per_customer, sum(properties.bytes) as bytes, formatReadableSize(sum(properties.bytes)) as human from events group by plan order by plan;
select event = 'sign_up' ? 'new' : 'known' as kind, count() from events group by kind order by kind;
select sum(properties.bytes) as s from events group by properties.plan having s > 1000 order by s;
select count() as n, sum(n) over () as total from events group by event order by n;
select event, count() as n, sum(count()) over (order by event) as running from events group by event order by event;
select toDate(timestamp) as d, count() as n, lagInFrame(count(), 1, 0) over (order by toDate(timestamp) rows between unbounded preceding and unbounded following) as before from events group by d order by d limit 20;
select 1 as one, 'x' as x, NULL as nothing, true as t, [1] as a, (1, 'b') as p, toDate('2026-01-01') as d;
select corr(properties.latency_ms, properties.bytes) as r from events;
select skewPop(properties.latency_ms) as s, kurtPop(properties.latency_ms) as k from events;
select bitAnd(toInt64(properties.status), 3) as b, count() from events where properties.status is not null group by b order by b;
select lower(hex(MD5('a'))) as md5;
select properties.customer_id as c, groupUniqArray(properties.plan) as plans, length(plans) as n from events where c = 'acme' and properties.plan = 'pro' group by c;
select event from events where event in ('sign_up', 'page_view') group by event order by event;
select toStartOfInterval(timestamp, toIntervalMinute(30)) as t, count() as n from events where timestamp >= '2026-11-22' group by t order by t;
select timeSlot(timestamp) as t, count() from events where toDate(timestamp) = '2026-11-21' group by t order by t;
-- printed
select properties.customer_id as c, sum(1) as n, sum(properties.status >= 500) as e from events where properties.status is not null group by c order by c;
select min(day), max(day), sum(calls), uniq(customer_id) from usage;
select customer_id, day, sum(calls) as n from usage where day >= today() - 3 group by customer_id, day order by day, n desc, customer_id;
select toStartOfMonth(day) as m, event, sum(calls) as n from usage group by m, event order by m, event;
select argMax(event, n), max(n) from (select event, count() as n from events group by event);
select count() from (select 1 from events group by properties.customer_id, properties.endpoint);
select max(c) - min(c) from (select toHour(timestamp) as h, count() as c from events group by h);
-- printed
select count() from events where properties.status * 3 = properties.bytes * 3;
-- printed
select properties.bytes / 0 = properties.score / 0 as a, properties.bytes / 0 != properties.score / 0 as b, count() from events group by a, b order by a, b;
select properties.bytes / 0 as x, count() from events group by x order by x;
select properties.bytes / 0 as x, toDate(timestamp) as d from events order by x desc, d desc, timestamp limit 400;
select -toHour(timestamp) + properties.status % 7 as x from events order by timestamp limit 100;
select event, groupArray(timestamp) as t, groupArray(properties.latency_ms) as l from events where properties.plan = 'pro' group by event order by event;
select event, groupArrayMovingAvg(properties.latency_ms) as m from events where properties.plan = 'pro' group by event order by event;
select ifNull(properties.plan, '') as p, groupArray(part) as parts from events array join splitByChar('_', event) as part group by p order by p;
select arrayIntersect([3, 1, 2, 1], [1, 2, 3]) as a, arrayIntersect(['c', 'b', 'z'], ['b', 'a', 'c'], ['c', 'b']) as b;
select toDate(toInt64(properties.status)) as d, toDateTime(properties.status) as t from events order by timestamp limit 30;
-- printed
select toIntOrZero('12x') as a, toIntOrNull('x') as b, toIntOrDefault('x', toInt64(7)) as c, toFloatOrZero('1.5') as d, toFloatOrNull('x') as e, toFloatOrDefault('x', 2.5) as f;
-- JSONType is an Enum: it sorts by its numbers
-- printed
select JSONType(properties, 'score') as t, count() from events group by t order by t;
-- printed
select distinct JSONType(properties, 'cached') as t from events order by t desc;
-- text that may be NULL and does not fit is NULL
select toUInt8(properties.region), toInt8(toNullable('300')), toInt8(arrayJoin([toNullable('300'), '12', '-5', '12abc'])) as x from events order by timestamp, x limit 8;
-- `*` begins with what USING names, in its order, of the outermost JOIN first
select * from (select 'a' as a, 2 as b) x join (select '3' as c, 2 as b) y using b;
select * from (select 'a' as a, 2 as b, 5.5 as d) x left join (select '3' as c, 2 as b, 5.5 as d) y using (d, b);
select * from (select 'a' as a, 2 as b) x full join (select '3' as c, 2 as b) y using b;
select * from (select 'a' as a, 2 as b) x join (select '3' as c, 2 as b) y using b join (select 7.5 as z, 2 as b) w using b;
select * from (select 'a' as a, 2 as b) x join (select '3' as c, 2 as b) y using b join (select 7.5 as z, 'a' as a) w using a;
select columns('.') from (select 'a' as a, 2 as b) x right join (select '3' as c, 4 as b) y using b;
-- a tuple with a NULL in it is in nothing, and that is no NULL
select (event, properties.plan) in (select event, properties.plan from events where properties.status = 200) as t, count() from events group by t order by t;
select (event, properties.plan) not in (select event, properties.plan from events where properties.status = 404) as t, count() from events group by t order by t;
