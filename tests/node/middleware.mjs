// docs/clients.md's middleware at work: `app.js` and `agentry.js` are taken from there.
import { Hono } from "hono";
import { agentry } from "./agentry.js";
import { app } from "./app.js";

const { AGENTRY_URL: url, AGENTRY_PROJECT: project, AGENTRY_DSN: dsn } = process.env;
const [scenario, ...words] = process.argv.slice(2);
let posts = 0;
const real = globalThis.fetch;
globalThis.fetch = (...all) => (posts++, real(...all));
const said = [];

function serve(app, id) {
  app.get("/v1/things/:id", (c) => (c.set("customer", { id, plan: "scale" }), c.text("thing")));
  app.get("/v1/broken", (c) => {
    c.set("customer", { id });
    throw new Error("broken");
  });
  app.onError((error, c) => c.text(error.message, 500));
  return app;
}

function own(id, options) {
  const usage = agentry({ url, project, dsn, customer: (c) => c.get("customer"), say: (...all) => said.push(all), ...options });
  const app = new Hono();
  app.use(usage);
  return [serve(app, id), usage];
}

const scenarios = {
  // The documents' application: a thing, something broken, and nobody's request; then SIGTERM ends it.
  async app() {
    serve(app, "hono_corp");
    const headers = { "x-sdk-version": "1.2.3", "cf-ipcountry": "DE" };
    const answers = [];
    for (const path of ["/v1/things/7", "/v1/broken", "/v1/nowhere"]) {
      answers.push((await app.request(path, { headers })).status);
    }
    console.log(JSON.stringify({ answers, posts }));
    process.kill(process.pid, "SIGTERM");
  },
  // As many requests as asked for, all at once; whatever happens meanwhile, `flush` waits for the end.
  async many(customer, count) {
    const [app, usage] = own(customer, {});
    await Promise.all(Array.from({ length: Number(count) }, (_, i) => app.request(`/v1/things/${i}`)));
    await usage.flush();
    console.log(JSON.stringify({ posts, said }));
  },
  // Nothing listens there: five events are held, the rest is dropped, and both are said.
  async nowhere() {
    const [app, usage] = own("nowhere_corp", { url: "http://127.0.0.1:9", hold: 5, batch: 2, attempts: 2 });
    for (let i = 0; i < 20; i++) await app.request("/v1/things/1");
    await usage.flush();
    for (let i = 0; i < 3; i++) await app.request("/v1/things/1"); // there is room again
    await usage.flush();
    console.log(JSON.stringify({ posts, said }));
  },
  // Asking for the customer breaks, which is told and breaks no answer.
  async broken() {
    const customer = () => {
      throw new Error("no customer");
    };
    const [app] = own("broken_corp", { customer });
    const { status } = await app.request("/v1/things/1");
    console.log(JSON.stringify({ posts, said: said.map(String), status }));
  },
  async refused() {
    const [app, usage] = own("refused_corp", { dsn: "agd_wrong" });
    await app.request("/v1/things/1");
    await usage.flush();
    console.log(JSON.stringify({ posts, said }));
  },
  // As on Cloudflare Workers: what is to outlive the request is given to its context.
  async edge(customer) {
    const [app] = own(customer, {});
    const flights = [];
    const context = { waitUntil: (flight) => flights.push(flight), passThroughOnException() {} };
    for (let i = 0; i < 2; i++) await app.request("/v1/things/1", {}, {}, context);
    await Promise.all(flights);
    console.log(JSON.stringify({ posts, said, flights: flights.length }));
  },
};

await scenarios[scenario](...words);
