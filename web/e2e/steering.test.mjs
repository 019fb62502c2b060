// dash.js is steered from one edge to another and back: by the operator's API, by hand on the page, and by what
// edges say of themselves.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { skip, startBrowser } from "./support/browser.mjs";
import { startServer } from "./support/chain.mjs";
import { openLive, played } from "./support/live.mjs";
import { openPlayer } from "./support/players.mjs";
import { MEDIA } from "./support/servers.mjs";

// Many times what each step takes: a bound for a busy machine, not a measurement.
const STEP_MS_MAX = 60_000;
const ANY_PORT = ["--listen", "127.0.0.1:0"];

let servers = [];
let steerer;
let origin;
let edges;
let browser;

/** Starts a server that ends with the tests. */
async function start(...args) {
  const server = await startServer(...args);
  servers.unshift(server);
  return server;
}

before(async () => {
  if (skip) return;
  origin = await start(["origin", "--media", MEDIA, ...ANY_PORT]);
  const edge = () => start(["edge", "--origin", origin.url, ...ANY_PORT]);
  edges = { a: (await edge()).url, b: (await edge()).url };
  const pathways = Object.entries(edges).flatMap(([name, url]) => ["--pathway", `${name}=${url}`]);
  const flags = ["--admin", "127.0.0.1:0", "--steering-ttl", "1", ...pathways];
  steerer = await start(["origin", "--media", MEDIA, ...ANY_PORT, ...flags], 3);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  for (const server of servers) await server.stop();
});

/** Returns the URL of the operator's page of steering. */
const admin = (of = steerer) => of.printed[2].split(" ")[0];

/** Has the operator change something. */
async function operate(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch(new URL(path, admin()), { method, headers, body: JSON.stringify(body) });
  assert.equal(reply.status, 200, await reply.text());
}

/** Waits until a condition holds of what was asked for from `from` on. */
async function asked(page, requested, from, what, holds) {
  const end = Date.now() + STEP_MS_MAX;
  while (Date.now() < end) {
    if (requested.slice(from).some(holds)) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`not asked for within ${STEP_MS_MAX / 1000} s: ${what}\n${requested.slice(from).join("\n")}`);
}

/** Waits until dash.js has been told to prefer a pathway, and then asks that one; returns since when. */
async function goesTo(page, requested, name, at = edges) {
  await page.waitForFunction((name) => window.live.steered.at(-1)?.priority[0] === name, name, {
    timeout: STEP_MS_MAX,
    polling: 100,
  });
  const told = requested.length;
  const there = (url) => url.startsWith(at[name]) && url.includes(".m4s");
  await asked(page, requested, told, `a segment from ${name}`, there);
  return told + requested.slice(told).findIndex(there);
}

test("an operator moves a viewer from one edge to another and back", { skip, timeout: 300_000 }, async () => {
  // Nobody is sent to b unless an operator does.
  await operate("PUT", "pathways/b", { weight: 0 });
  const mpd = `${steerer.url}live/film/steer_before/time.mpd`;
  const { page, requested, failed, close } = await openLive(browser, mpd);
  await played(page, 1, STEP_MS_MAX);
  await goesTo(page, requested, "a");
  const segments = (from, to) => requested.slice(from, to).filter((url) => url.includes(".m4s"));
  assert.ok(segments(0).every((url) => url.startsWith(edges.a)), "everything came from a");
  // Its name came with the first answer; from then on it asks by it, and says where it has been.
  const says = (url) => url.includes("/steering/") && url.includes("_DASH_pathway=%22a%22");
  await asked(page, requested, 0, "the viewer's pathway", says);
  const viewer = new URL(requested.find(says)).pathname.split("/").at(-1);
  assert.match(viewer, /^[0-9a-f]{32}$/);

  await operate("PUT", `viewers/${viewer}`, { pathway: "b" });
  const atB = await goesTo(page, requested, "b");
  await played(page, (await page.evaluate(() => window.live.played_s)) + 3, STEP_MS_MAX);
  assert.ok(segments(atB).every((url) => url.startsWith(edges.b)), "the next segments come from b");

  // By hand, on the page: the viewer is there, and goes back.
  const desk = await (await browser.newContext()).newPage();
  const problems = [];
  desk.on("pageerror", (error) => problems.push(String(error)));
  desk.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await desk.goto(admin());
  const row = desk.locator(`tr[data-viewer="${viewer}"]`);
  await row.waitFor({ timeout: STEP_MS_MAX });
  await row.getByRole("combobox").selectOption("a", { timeout: STEP_MS_MAX });
  await goesTo(page, requested, "a");
  await desk.waitForFunction(
    (viewer) => document.querySelector(`tr[data-viewer="${viewer}"]`)?.cells[2].textContent === "a",
    viewer,
    { timeout: STEP_MS_MAX },
  );
  assert.deepEqual(problems, []);
  const { errors } = await page.evaluate(() => window.live);
  assert.deepEqual(errors, []);
  assert.deepEqual(failed.filter((failure) => !failure.startsWith("425 ")), []);
  await desk.context().close();
  await close();
});

test("hls.js is moved as well", { skip, timeout: 180_000 }, async () => {
  await operate("PUT", "pathways/b", { weight: 0 });
  const playlist = `${steerer.url}live/film/steer_on/hls.m3u8`;
  const { page, requested, failed, close } = await openPlayer(browser, "hls.js", playlist);
  await played(page, 1, STEP_MS_MAX);
  const segment = (name) => (url) => url.startsWith(edges[name]) && url.includes(".m4s");
  assert.ok(requested.every((url) => !segment("b")(url)), "everything came from a");
  // Its name came with the first answer.
  const says = (url) => /\/steering\/[0-9a-f]{32}\?.*_HLS_pathway=a/.test(url);
  await asked(page, requested, 0, "the viewer's pathway", says);
  const viewer = new URL(requested.find(says)).pathname.split("/").at(-1);
  const from = requested.length;
  await operate("PUT", `viewers/${viewer}`, { pathway: "b" });
  await asked(page, requested, from, "a segment from b", segment("b"));
  await played(page, (await page.evaluate(() => window.live.played_s)) + 1, STEP_MS_MAX);
  const { errors } = await page.evaluate(() => window.live);
  assert.deepEqual([errors, failed.filter((failure) => !failure.startsWith("425 "))], [[], []]);
  await close();
});

/** Waits until what the operator sees of a pathway is as wanted. */
async function seen(page, of, name, wanted) {
  const end = Date.now() + STEP_MS_MAX;
  let one;
  while (Date.now() < end) {
    const state = await (await fetch(new URL("state", admin(of)))).json();
    one = state.pathways.find(({ id }) => id === name);
    if (wanted(one)) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`${name} stays ${JSON.stringify(one)}`);
}

test("a viewer leaves an edge that is full, and another one that dies", { skip, timeout: 400_000 }, async () => {
  const capacity = 100;
  // Those who hold a connection and never ask anything stay.
  const flags = ["--capacity-connections", String(capacity), "--client-header-timeout", "600s"];
  const edge = () => start(["edge", "--origin", origin.url, ...ANY_PORT, ...flags]);
  const held = { a: await edge(), b: await edge() };
  const at = { a: held.a.url, b: held.b.url };
  const pathways = Object.entries(at).flatMap(([name, url]) => ["--pathway", `${name}=${url}`]);
  const asking = ["--admin", "127.0.0.1:0", "--steering-ttl", "1", "--steering-poll", "500ms", ...pathways];
  const asker = await start(["origin", "--media", MEDIA, ...ANY_PORT, ...asking], 3);
  const { page, requested, close } = await openLive(browser, `${asker.url}live/film/steer_before/time.mpd`);
  await played(page, 1, STEP_MS_MAX);
  const [first, other] = await page.evaluate(() => window.live.steered.at(-1).priority);
  const isUp = ({ health, load_by }) => health.state === "up" && load_by === "pathway";
  await seen(page, asker, other, isUp);

  // As many connections as it can serve.
  const { hostname, port } = new URL(at[first]);
  const crowd = Array.from({ length: capacity }, () => connect(Number(port), hostname));
  await Promise.all(crowd.map((socket) => once(socket, "connect")));
  await goesTo(page, requested, other, at);
  await seen(page, asker, first, ({ health }) => health.full_by === "duress");
  await played(page, (await page.evaluate(() => window.live.played_s)) + 2, STEP_MS_MAX);

  // The page says why, and by whose word.
  const desk = await (await browser.newContext()).newPage();
  await desk.goto(admin(asker));
  const row = desk.locator(`tr[data-pathway="${first}"]`);
  await row.getByText(/up for \d+ s, duress for \d+ s/).waitFor({ timeout: STEP_MS_MAX });

  // The one that it is at dies: one that is full is better than none.
  await held[other].stop();
  await goesTo(page, requested, first, at);
  await seen(page, asker, other, ({ down, health }) => down && health.why !== null);
  await desk.locator(`tr[data-pathway="${other}"]`).getByText(/down for \d+ s/).waitFor({ timeout: STEP_MS_MAX });
  const from = await page.evaluate(() => window.live.played_s);
  await page.waitForFunction((to) => to <= window.live.played_s, from + 3, { timeout: STEP_MS_MAX, polling: 100 });
  const { errors } = await page.evaluate(() => window.live);
  assert.deepEqual(errors.filter((error) => !error.includes(at[other])), [], "nothing but the dead edge is told of");

  for (const socket of crowd) socket.destroy();
  await desk.context().close();
  await close();
});
