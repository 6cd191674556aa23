// What an application does with posthog-node: `count` events in batches, one at once.
import { PostHog } from "posthog-node";

const [customer, count] = process.argv.slice(2);
const { AGENTRY_URL: host, AGENTRY_DSN: dsn } = process.env;
const errors = [];
const server = setInterval(() => {}, 1000); // an application that goes on: the SDK's own timers keep nobody alive
const posthog = new PostHog(dsn, { host, flushAt: 20, fetchRetryDelay: 500, fetchRetryCount: 20 });
posthog.on("error", (error) => errors.push(String(error)));
for (let i = 0; i < Number(count); i++) {
  const properties = { customer_id: customer, endpoint: "/v1/things", status: 200, text: i ? "plain" : "lone \ud800" };
  posthog.capture({ distinctId: customer, event: "api_request", properties });
}
await posthog.captureImmediate({ distinctId: customer, event: "at_once", properties: { customer_id: customer } });
await posthog.shutdown();
clearInterval(server);
console.log(JSON.stringify({ errors }));
