import { Hono } from "hono";
import { routePath } from "hono/route";
import { agentry } from "./agentry.js";

const usage = agentry({ url: "{{ url }}", project: "{{ project }}", dsn: process.env.AGENTRY_DSN });

export const app = new Hono();

app.use(async (c, next) => { // before your routes
  const began = performance.now();
  await next();
  let outlive; // there is a context on Cloudflare Workers only
  try { outlive = c.executionCtx.waitUntil.bind(c.executionCtx); } catch {}
  usage.record(() => ({
    customer: c.get("customer"), // {id, plan}, which your authentication has set
    endpoint: routePath(c, -1),
    method: c.req.method,
    status: c.res.status,
    latency_ms: Math.round((performance.now() - began) * 10) / 10,
    sdk_version: c.req.header("x-sdk-version"),
    ip_country: c.req.header("cf-ipcountry"),
  }), outlive);
});

if (globalThis.process?.once) process.once("SIGTERM", async () => { await usage.flush(10_000); process.exit(); });
