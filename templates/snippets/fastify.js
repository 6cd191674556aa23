import Fastify from "fastify";
import { agentry } from "./agentry.js";

const usage = agentry({ url: "{{ url }}", project: "{{ project }}", dsn: process.env.AGENTRY_DSN });

export const app = Fastify();

app.decorateRequest("customer", null);
app.addHook("onResponse", async (request, reply) => { // before your routes and plugins
  usage.record(() => ({
    customer: request.customer, // {id, plan}, which your authentication has set
    endpoint: request.routeOptions.url,
    method: request.method,
    status: reply.statusCode,
    latency_ms: Math.round(reply.elapsedTime * 10) / 10,
    sdk_version: request.headers["x-sdk-version"],
    ip_country: request.headers["cf-ipcountry"],
  }));
});
app.addHook("onClose", () => usage.flush(10_000));

process.once("SIGTERM", async () => { await app.close(); process.exit(); });
