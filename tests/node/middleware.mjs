// The sender of static/clients at work, without a framework: each scenario is one of what may happen to it.
import { agentry } from "./agentry.js";

const { AGENTRY_URL: url, AGENTRY_PROJECT: project, AGENTRY_DSN: dsn } = process.env;
const [scenario, ...words] = process.argv.slice(2);
let posts = 0;
const real = globalThis.fetch;
globalThis.fetch = (...all) => (posts++, real(...all));
const said = [];

function own(id, options) {
  const usage = agentry({ url, project, dsn, say: (...all) => said.push(all), ...options });
  const ask = (outlive) => usage.record(() => ({ customer: { id }, endpoint: "/v1/things/:id", status: 200 }), outlive);
  return [ask, usage];
}

const scenarios = {
  // As many requests as asked for, all at once; whatever happens meanwhile, `flush` waits for the end.
  async many(customer, count) {
    const [ask, usage] = own(customer, {});
    for (let i = 0; i < Number(count); i++) ask();
    await usage.flush();
    console.log(JSON.stringify({ posts, said }));
  },
  // Nothing listens there: five events are held, the rest is dropped, and both are said.
  async nowhere() {
    const [ask, usage] = own("nowhere_corp", { url: "http://127.0.0.1:9", hold: 5, batch: 2, attempts: 2 });
    for (let i = 0; i < 20; i++) ask();
    await usage.flush();
    for (let i = 0; i < 3; i++) ask(); // there is room again
    await usage.flush();
    console.log(JSON.stringify({ posts, said, counts: usage.counts }));
  },
  // Describing the request breaks, which is told and breaks nothing else.
  async broken() {
    const [, usage] = own("broken_corp", {});
    usage.record(() => {
      throw new Error("no customer");
    });
    console.log(JSON.stringify({ posts, said: said.map(String) }));
  },
  async refused() {
    const [ask, usage] = own("refused_corp", { dsn: "agd_wrong" });
    ask();
    await usage.flush();
    console.log(JSON.stringify({ posts, said }));
  },
  // As on Cloudflare Workers: what is to outlive the request is given to its context.
  async edge(customer) {
    const [ask] = own(customer, {});
    const flights = [];
    for (let i = 0; i < 2; i++) ask((flight) => flights.push(flight));
    await Promise.all(flights);
    console.log(JSON.stringify({ posts, said, flights: flights.length }));
  },
};

await scenarios[scenario](...words);
