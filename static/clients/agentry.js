// Sends usage to Agentry from Node 20, Bun, Deno and Workers: after the response, in batches. While Agentry or the
// network is away it tries again with the same uuids and holds a bounded number of events; it says what it drops, and
// never breaks or delays a request.
export function agentry({ url, project, dsn, every = 1000, batch = 500, hold = 20_000, attempts = 10, say = console.error }) {
  const address = `${url}/v1/analytics/${project}/`;
  const headers = { Authorization: `Bearer ${dsn}`, "Content-Type": "application/json", "User-Agent": "my-api/1.0" };
  const counts = { sent: 0, rejected: 0, dropped: 0, lost: 0 };
  const flights = new Set();
  let queue = [], held = 0, dropped = 0, timer;

  async function send(events) {
    const body = JSON.stringify(events);
    for (let attempt = 1; ; attempt++) {
      let wait = Math.min(2 ** attempt, 60) * (250 + Math.random() * 250);
      try {
        const response = await fetch(address, { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) });
        const answer = await response.json();
        if (response.ok) {
          counts.sent += answer.accepted;
          counts.rejected += answer.rejected.length;
          return answer.rejected.length && say("agentry: rejected", answer.rejected);
        }
        if (![408, 429].includes(response.status) && response.status < 500) {
          counts.lost += events.length;
          return say("agentry: refused", answer.error);
        }
        wait = Math.max(wait, 1000 * Number(response.headers.get("Retry-After")));
      } catch {} // the network: the uuids make it safe to send again
      if (attempt >= attempts) {
        counts.lost += events.length;
        return say(`agentry: ${events.length} events lost`);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  function launch(events) {
    const flight = send(events).finally(() => (flights.delete(flight), (held -= events.length)));
    flights.add(flight);
    return flight;
  }

  // Sends what waits, and waits for what is under way: at most `ms`, when given.
  function flush(ms) {
    clearTimeout(timer);
    timer = undefined;
    while (queue.length) launch(queue.splice(0, batch));
    if (dropped) say(`agentry: ${dropped} events dropped, ${hold} are waiting`);
    dropped = 0;
    const all = Promise.all(flights);
    return ms ? Promise.race([all, new Promise((resolve) => setTimeout(resolve, ms))]) : all;
  }

  // `describe` gives {customer: {id, plan}, latency_ms, endpoint, method, status, …}. Without a customer nothing is sent.
  // `outlive` keeps a promise alive where no timer outlives its request: waitUntil of Cloudflare Workers.
  function record(describe, outlive) {
    try {
      const { customer, ...properties } = describe();
      if (!customer) return;
      if (held >= hold) {
        counts.dropped++, dropped++;
        timer ??= setTimeout(flush, every);
        return;
      }
      const timestamp = new Date(Date.now() - (properties.latency_ms ?? 0)).toISOString();
      held++;
      const event = {
        event: "api_request", uuid: crypto.randomUUID(), timestamp, distinct_id: customer.id,
        properties: { customer_id: customer.id, plan: customer.plan, ...properties },
      };
      if (outlive) outlive(launch([event]));
      else if (queue.push(event) >= batch) flush();
      else timer ??= setTimeout(flush, every);
    } catch (error) {
      say("agentry:", error);
    }
  }

  return { record, flush, counts };
}
