// The Setup page's applications at work: routes are added to the application of a snippet, and asked over HTTP.
// SIGTERM ends it, as a deployment would: nothing has been sent before that.
const { FRAMEWORK: framework } = process.env;
let posts = 0;
const real = globalThis.fetch;
globalThis.fetch = (url, options) => (options?.method === "POST" && posts++, real(url, options));
const { app } = await import(`./${framework}.js`);
const who = { id: `${framework}_corp`, plan: "scale" };

const frameworks = {
  async hono() {
    app.get("/v1/things/:id", (c) => (c.set("customer", who), c.text("thing")));
    app.get("/v1/broken", (c) => {
      c.set("customer", who);
      throw new Error("broken");
    });
    app.onError((error, c) => c.text(error.message, 500));
    return async (path, headers) => (await app.request(path, { headers })).status;
  },
  async express() {
    const { Router } = await import("express");
    app.use((req, res, next) => (req.path !== "/v1/nowhere" && (req.customer = who), next()));
    const things = Router();
    things.get("/:id", (req, res) => res.send("thing"));
    app.use("/v1/things", things);
    app.get("/v1/broken", () => {
      throw new Error("broken");
    });
    app.use((error, req, res, next) => res.status(500).send("broken"));
    const server = app.listen(0);
    await new Promise((resolve) => server.once("listening", resolve));
    return (path, headers) => over(server.address().port, path, headers);
  },
  async fastify() {
    app.addHook("onRequest", async (request) => {
      if (request.url !== "/v1/nowhere") request.customer = who;
    });
    app.register(async (inner) => inner.get("/things/:id", async () => "thing"), { prefix: "/v1" });
    app.get("/v1/broken", async () => {
      throw new Error("broken");
    });
    await app.listen({ port: 0 });
    return (path, headers) => over(app.server.address().port, path, headers);
  },
};

async function over(port, path, headers) {
  const response = await real(`http://127.0.0.1:${port}${path}`, { headers });
  await response.text();
  return response.status;
}

const ask = await frameworks[framework]();
const answers = [];
for (const path of ["/v1/things/7", "/v1/broken", "/v1/nowhere"]) {
  answers.push(await ask(path, { "x-sdk-version": "1.2.3", "cf-ipcountry": "DE" }));
}
console.log(JSON.stringify({ answers, posts }));
process.kill(process.pid, "SIGTERM");
