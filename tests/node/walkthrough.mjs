// The walkthrough's middleware, to the letter, in a Hono application whose one route is asked three times.
import { Hono } from "hono";

const { AGENTRY_URL, AGENTRY_PROJECT: PROJECT_ID } = process.env;
const env = { AGENTRY_DSN: process.env.AGENTRY_DSN };
const resolveCustomer = async (header) => ({ id: header.replace("Bearer ", ""), plan: "scale" });
const sent = [];
const real = globalThis.fetch;
globalThis.fetch = (url, options) => {
  const answer = real(url.replace("https://api.agentry.sh", AGENTRY_URL), options);
  sent.push(answer.then(async (response) => [response.status, await response.json()]));
  return answer;
};

const app = new Hono();
// WALKTHROUGH
app.get("/v1/things/:id", (c) => c.text(c.get("customer").id));

for (const id of [1, 2, 3]) {
  const headers = { authorization: "Bearer verbatim_corp", "cf-ipcountry": "DE" };
  const response = await app.request(`/v1/things/${id}`, { headers });
  if ((await response.text()) !== "verbatim_corp") throw new Error("The middleware is in the way.");
}
console.log(JSON.stringify(await Promise.all(sent)));
