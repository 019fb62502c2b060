// What dash.js tells in CMCD, version 1 with its requests and version 2 by events, as the origin's pages show it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { setStage } from "./support/stage.mjs";

const DASH = join(import.meta.dirname, "../node_modules/dashjs/dist/modern/umd/dash.all.min.js");
// For a busy machine; a session tells its first within a second.
const TOLD_MS_MAX = 60_000;

const stage = setStage();

async function originUrl() {
  const config = await (await fetch(new URL("config.json", stage.url))).json();
  return config.origin.url;
}

/** Plays the film on a page of the origin, with these settings of CMCD. */
async function play(page, cmcd) {
  await page.addScriptTag({ path: DASH });
  await page.evaluate((settings) => {
    const video = document.createElement("video");
    video.muted = true;
    document.body.append(video);
    const player = window.dashjs.MediaPlayer().create();
    player.updateSettings({ streaming: { cmcd: { enabled: true, ...settings } } });
    player.initialize(video, "/vod/film/loop_2/number.mpd", true);
  }, cmcd);
}

/** Waits until the origin's list has a session that `holds`; returns it. */
async function told(origin, id, holds) {
  const end = Date.now() + TOLD_MS_MAX;
  let session;
  while (Date.now() < end) {
    const sessions = await (await fetch(new URL("/sessions.json", origin))).json();
    session = sessions.find((held) => held.id === id);
    if (session && holds(session)) return session;
    await new Promise((next) => setTimeout(next, 200));
  }
  throw new Error(`not told within ${TOLD_MS_MAX / 1000} s: ${JSON.stringify(session)}`);
}

const CASES = [
  ["version 1 in queries", { version: 1, mode: "query" }],
  ["version 1 in header fields", { version: 1, mode: "header" }],
  ["version 2 in queries", { version: 2, mode: "query" }],
];

for (const [name, settings] of CASES) {
  test(`reads ${name}`, { skip, timeout: 2 * TOLD_MS_MAX }, async () => {
    const origin = await originUrl();
    const id = name.replaceAll(" ", "-");
    const { page, close } = await stage.visit();
    await page.goto(origin);
    await play(page, { ...settings, sid: id, cid: "film" });
    const hasMedia = ({ points }) => points.some((point) => point.bitrate_kbps && point.buffer_ms !== null);
    const session = await told(origin, id, hasMedia);
    assert.equal(session.content, "film");
    assert.equal(session.events, 0);
    await page.goto(new URL(`/sessions/${id}`, origin).href);
    assert.equal(await page.locator("svg path[stroke-width]").count() > 0, true, "a figure is drawn");
    await close();
  });
}

test("takes the events of version 2", { skip, timeout: 2 * TOLD_MS_MAX }, async () => {
  const origin = await originUrl();
  const { page, close } = await stage.visit();
  await page.goto(origin);
  const target = {
    enabled: true,
    url: new URL("/cmcd", origin).href,
    events: ["ps", "t"],
    interval: 1,
    enabledKeys: ["e", "sta", "ts", "bl", "br", "sid", "cid", "v", "pt"],
  };
  await play(page, { version: 2, mode: "query", sid: "by-events", cid: "film", eventTargets: [target] });
  const plays = ({ points }) => points.some((point) => point.event && point.state === "p");
  const session = await told(origin, "by-events", plays);
  assert.equal(session.version, 2);
  assert.ok(0 < session.events);
  await close();
});
