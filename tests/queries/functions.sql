select sumArray([length(event), 1]), avgArray([properties.status]), countArray(['a', 'b']), maxArray([length(event), 3]), groupArrayArray(['a', event]) from (select * from events order by timestamp limit 5);
select uniqArray([event, distinct_id]), uniqArrayIf([event, distinct_id], properties.cached), sumArrayIf([1, 2], event = 'sign_up'), minArray([length(event)]), arraySort(groupUniqArrayArray(splitByChar('_', event))) from events;
select event, sumArray([toInt32(-1), 2]), avgArray([1.5, 2]), anyArray([event]), quantileArray(0.5)([properties.latency_ms, 3]), topKArray(2)(splitByChar('_', event)) from events group by event order by event;
select sumArray([1]), avgArray([1]), countArray(['a']), maxArray(['x']), groupArrayArray([1]), uniqArray(['a']), quantileArray(0.5)([1.0]), minArray([toNullable(1)]) from events where event = 'none';
select arrayReduce('sum', [1, 2, NULL]), arrayReduce('avg', [1, 2, NULL]), arrayReduce('count', [1, NULL]), arrayReduce('uniqExact', [1, 1, NULL]), arrayReduce('max', ['a', NULL, 'b']), arrayReduce('sum', emptyArrayUInt8()), arrayReduce('min', emptyArrayString()), arrayReduce('any', [3, 1, 2]), arrayReduce('anyLast', [3, 1, 2]);
select arrayReduce('quantile(0.5)', [1, 2, 3, 10]), arrayReduce('quantiles(0.1, 0.9)', [1, 2, 3, 10]), arrayReduce('topK(2)', ['a', 'b', 'a']), arrayReduce('groupArray', [1, 2]), arrayReduce('groupArray(2)', [1, 2, 3]), arrayReduce('stddevPop', [1, 2, 3]), arrayReduce('varSamp', [1.5, 2]), arrayReduce('sumIf', [1, 2, 3], [1, 0, 1]), arrayReduce('argMax', ['a', 'b'], [1, 2]), arrayReduce('corr', [1.0, 2, 3], [2.0, 4, 7]), arrayReduce('entropy', [1, 1, 2]), arrayReduce('median', [3, 1, 2]), arrayReduce('groupBitOr', [1, 4]), arrayReduce('uniq', ['x', 'y']), arrayReduce('sum', [-1, 2]), arrayReduce('sum', [0.5, 2]), arrayReduce('avgWeighted', [1, 2], [3, 4]);
select arrayReduce('sum', groupArray(length(event))), arrayReduce('quantile(0.9)', groupArray(properties.latency_ms)), arrayReduce('uniqExact', groupArray(distinct_id)), arrayReduce('sum', arrayMap(x -> x * 2, groupArray(length(event)))) from events;
select event, arrayReduce('sum', groupUniqArray(length(properties.customer_id))), arrayReduce('count', groupUniqArray(properties.customer_id)) from events group by event order by event;
select arrayMap(x -> arrayReduce('sum', x), [[1, 2], [3]]), arrayReduce('max', splitByChar('/', ifNull(properties.endpoint, ''))), arrayReduce('uniq', splitByChar('/', ifNull(properties.endpoint, ''))) from events order by timestamp;
select any(nullIf(event, 'sign_up')), any(event) from events;
select formatReadableSize(properties.bytes), formatReadableQuantity(properties.bytes), formatReadableDecimalSize(properties.bytes), formatReadableTimeDelta(properties.latency_ms) from events order by timestamp;
select replaceRegexpOne(ifNull(properties.endpoint, ''), '^/v(\\d+)/(\\w+).*$', '\\2 (\\1)') as route, count() as n from events group by route order by n desc, route;
select extractGroups(ifNull(properties.endpoint, ''), '^/(v\\d)?/?(\\w*)/?(.*)$') as g, count() from events group by g order by g;
select groupConcat(',')(distinct event), groupConcat(',', 2)(distinct event), groupArrayDistinct(2)(event), groupArray(distinct (event, distinct_id)) from events;
select event, groupConcat(',')(distinct distinct_id), groupArray(distinct properties.plan), groupArray(2)(distinct properties.plan) from events group by event order by event;
select groupArrayDistinct(number * 7 % 5), groupArrayDistinct(toString(number * 7 % 5)), groupConcat('-')(distinct number * 7 % 5) from numbers(50);
select sumDistinctIf(length(event), properties.cached), countDistinctIf(event, properties.cached), groupArrayDistinct(event), avgDistinctIf(properties.status, properties.cached), uniqExactDistinct(event), sumIfDistinct(length(event), properties.cached) from events;
select intDivOrZero(properties.cached, 0), intDivOrZero(toInt64(properties.bytes), 0), moduloOrZero(toInt64(properties.bytes), 0), intDivOrZero(5, toInt64(properties.bytes)), moduloOrZero(-length(event), properties.score) from events order by timestamp;
select moduloOrZero(toInt8(-length(distinct_id)), toFloat32(properties.latency_ms)), intDivOrNull(toFloat32(properties.latency_ms), toUInt8(length(event))), intDiv(toFloat32(5.7), 2), moduloOrNull(properties.latency_ms, properties.score), positiveModuloOrNull(properties.latency_ms, properties.score), divideOrNull(properties.latency_ms, properties.score) from events order by timestamp;
select widthBucket(length(event), 20, 10, 2), widthBucket(properties.latency_ms, 0, 5000, 10), widthBucket(properties.latency_ms, 10, 10, 10), widthBucket(-5, 0, 10, 3) from events order by timestamp;
select substringIndexUTF8(concat(event, ' ', distinct_id), 'ü', toInt64(properties.bytes)), substringIndex(event, '_', toInt8(properties.cached)), substringIndex(properties.endpoint, '/', 2) from events order by timestamp;
-- printed
select properties.tags.1, properties.tags.2, properties.tags[1], properties.tags[-1], properties.tags[0], properties['tags'][2], properties.nested.level, properties.nested['name'], properties.tags.`1` as q, e.properties.tags.1 from events e order by timestamp;
-- printed
select properties.tags[1] as t, count() from events group by t order by t;
-- printed
select properties.missing[1], properties.region[1], properties.status.x, properties.region.a.b, properties.nested[1][2] from events order by timestamp limit 50;
-- printed
select properties.tags.1, properties['nested'].level from (select properties from events order by timestamp limit 20);
-- printed
select t from (select properties.tags.1 as t, timestamp from events) order by timestamp limit 20;
select [(1, 'a')].1, (1, (2, 3)).2.1, [1,2][1], tuple(1, 'x').2;
select distinct_id, windowFunnel(86400)(toDateTime(timestamp), event = 'page_view', event = 'sign_up', event = 'api_request') as f from events group by distinct_id order by distinct_id;
-- printed
select f, count() from (select properties.customer_id as c, windowFunnel(3600)(toDateTime(timestamp), event = 'page_view', event = 'sign_up', properties.status >= 500) as f from events group by c) group by f order by f;
select windowFunnel(10)(toDateTime(number), number >= 1, number >= 1, number >= 1), windowFunnel(10)(toDateTime(0), number = 1, number = 0), windowFunnel(0)(toDate(number), number = 1, number = 3), windowFunnel(10)(number, number = 1, number = 3), windowFunnel(10)(toDateTime(number), number > 100), windowFunnel(5)(toDateTime(number), number = 7) from numbers(5);
select toDate(timestamp) as d, windowFunnel(600)(toDateTime(timestamp), event = 'page_view', event = 'sign_up', event = 'api_request', event = 'page_view') as f from events group by d order by d;
select toDate(timestamp) as d, windowFunnel(7200)(toDateTime(timestamp), event = 'page_view', event = 'sign_up', event = 'page_view', distinct_id = 'u1') as f from events group by d order by d;
select toDate(timestamp) as d, windowFunnel(3600)(toStartOfHour(timestamp), event = 'page_view', event = 'sign_up', event = 'page_view', distinct_id = 'u1') as f from events group by d order by d;
select toDate(timestamp) as d, windowFunnel(7200, 'strict_increase')(toStartOfHour(timestamp), event = 'page_view', event = 'sign_up', event = 'page_view', distinct_id = 'u1') as f from events group by d order by d;
select toDate(timestamp) as d, windowFunnel(72000, 'strict_order')(toDateTime(timestamp), event = 'page_view', event = 'sign_up', event = 'api_request') as f from events group by d order by d;
select toDate(timestamp) as d, windowFunnel(72000, 'strict_order')(toDateTime(timestamp), distinct_id = 'u1', event = 'sign_up', event = 'api_request') as f from events group by d order by d;
select toDate(timestamp) as d, windowFunnel(72000, 'strict_order')(toDateTime(timestamp), distinct_id = 'u1', event = 'page_view', distinct_id = 'u2', event = 'sign_up') as f from events where event != 'api_request' group by d order by d;
select toDate(timestamp) as d, windowFunnel(7200, 'strict_increase', 'strict_order')(toStartOfHour(timestamp), distinct_id = 'u1', event = 'sign_up', distinct_id = 'u2', event = 'page_view') as f from events group by d order by d;
select toDate(timestamp) as d, windowFunnelIf(7200)(toDateTime(timestamp), distinct_id = 'u1', event = 'sign_up', distinct_id = 'u2', event = 'page_view', length(distinct_id) > 0) as f from events group by d order by d;
select windowFunnel(7200)(toDateTime(timestamp), distinct_id = 'u1', event = 'sign_up') as f from events where event = 'none';
select toDate(timestamp) as d, windowFunnel(7200)(toDateTime(timestamp), properties.cached, event = 'sign_up') as f from events group by d order by d;
select toDate(timestamp) as d, windowFunnel(3)(toDate(timestamp), event = 'page_view', event = 'sign_up', event = 'page_view', distinct_id = 'u1') as f from events group by d order by d;
select windowFunnel(5, 'strict_order')(toDateTime(number), number = 3) from numbers(5);
select bar(number, 0, 10, 10), bar(number / 3, 1, 3.5), bar(nan, 0, 1, 5), bar(toInt8(-3), -5, 5, 4.5), bar(number, 10, 0, 10) from numbers(12);
select event, count() as c, bar(c, 0, 1000, 20) from events group by event order by c desc;
select bar(length(event), 0, 20, 10), bar(properties.latency_ms, 0, 6000, 5) from events order by timestamp;
select quantileExactWeighted(0.5)(properties.latency_ms, toUInt32(length(event))), quantilesExactWeighted(0.1, 0.9)(length(event), length(distinct_id)), quantileExactWeighted(0.3)(timestamp, length(event)), medianExactWeighted(length(event), length(distinct_id)), quantileExactWeighted(0)(length(event), 1), quantileExactWeighted(1)(toDate(timestamp), length(distinct_id)) from events;
select event, quantileExactWeighted(0.9)(properties.status, toUInt64(properties.bytes)), quantileExactWeightedIf(0.5)(length(distinct_id), length(event), properties.cached) from events group by event order by event;
select quantileExactWeighted(0.5)(length(event), 1), quantilesExactWeighted(0.5)(length(event), 1), quantileExactWeighted(0.5)(toFloat64(length(event)), 1) from events where event = 'none';
select uniqUpTo(3)(event), uniqUpTo(2)(event), uniqUpTo(1)(properties.plan), uniqUpTo(5)(event, distinct_id), uniqUpToIf(2)(event, properties.cached) from events;
select event, uniqUpTo(2)(distinct_id) from events group by event order by event;
select extractAllGroupsVertical(ifNull(properties.endpoint, ''), '([a-z]+)(\\d*)') as g, count() from events group by g;
select extractAllGroupsHorizontal(ifNull(properties.endpoint, ''), '([a-z]+)(\\d*)') as g, extractAllGroups(ifNull(properties.endpoint, ''), '/(\\w+)')[1] as h, count() from events group by g, h;
select extractAllGroups('k1=v1&k2=v2&k3', '(\\w+)=(\\w+)'), extractAllGroupsHorizontal('k1=v1&k2=v2', '(\\w+)=(\\w+)'), extractAllGroupsHorizontal('', '(a)(b)'), extractAllGroups('', '(a)'), arrayMap(x -> x[2], extractAllGroups('a=1,b=2', '(\\w)=(\\d)'));
select [event, distinct_id] as g, count() from events group by g order by g;
select [properties.status, 1] as g, count() from events group by g order by g;
select [length(event), length(distinct_id)] as g, count() from events group by g order by g desc;
select splitByChar('/', ifNull(properties.endpoint, '')) as g, count() from events group by g order by g;
select (event, [distinct_id]) as g, count() from events group by g order by g;
select cityHash64('a', 'b'), cityHash64(1), cityHash64(1, 'a'), cityHash64(-1), cityHash64(1.5), cityHash64(toDate('2026-01-01')), cityHash64(toDateTime(5)), cityHash64('a', NULL), cityHash64(true), cityHash64(toFloat32(1.5)), cityHash64('', '', ''), cityHash64(18446744073709551615), cityHash64(toInt64(-5));
select sipHash64('a', 'b'), sipHash64(1), sipHash64(-1), sipHash64(1.5), xxHash64(1), xxHash64('a', 'b'), sipHash64(toUInt64(1)), sipHash64(toDate('2026-01-01')), xxHash64(toUInt64(1)), xxHash64('a', 1, 'c'), sipHash64('a', 1, 'c');
select cityHash64(event, distinct_id), cityHash64(properties.status), cityHash64(properties.plan, event), sipHash64(event, distinct_id), xxHash64(event, length(event)), cityHash64(properties.latency_ms, toInt32(properties.status)), cityHash64(toDateTime(timestamp), toDate(timestamp)), cityHash64(properties.cached), cityHash64(toString(uuid), 'salt') % 100 from events order by timestamp;
select cityHash64(distinct_id, event) % 4 as b, count() from events group by b order by b;
