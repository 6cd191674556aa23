import express from "express";
import { agentry } from "./agentry.js";

const usage = agentry({ url: "{{ url }}", project: "{{ project }}", dsn: process.env.AGENTRY_DSN });

export const app = express();

app.use((req, res, next) => { // before your routes
  const began = performance.now();
  res.once("close", () => usage.record(() => ({
    customer: req.customer, // {id, plan}, which your authentication has set
    endpoint: endpoint(req),
    method: req.method,
    status: res.statusCode,
    latency_ms: Math.round((performance.now() - began) * 10) / 10,
    sdk_version: req.get("x-sdk-version"),
    ip_country: req.get("cf-ipcountry"),
  })));
  next();
});

// The route, not the path. Of a router mounted under a parameter Express tells the value: /orgs/42 becomes /orgs/:id.
function endpoint(req) {
  if (!req.route) return undefined;
  return req.baseUrl.replace(/\/(?!v\d+(?:\/|$))[^/]*\d[^/]*/g, "/:id") + (req.route.path === "/" ? "" : req.route.path);
}

process.once("SIGTERM", async () => { await usage.flush(10_000); process.exit(); });
