// dash.js plays every MPD of the matrix in docs/origin.md, through an edge.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { skip, startBrowser } from "./support/browser.mjs";
import { openLive, played } from "./support/live.mjs";
import { startServers } from "./support/servers.mjs";

const PLAY_S = 2;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;
// Players wait more for the clock than for the machine.
const AT_ONCE = 4;

const guide = readFileSync(new URL("../../docs/origin.md", import.meta.url), "utf8");
const matrix = guide.split("\n## Matrix\n")[1].split("\n## ")[0];
const ROWS = [...matrix.matchAll(/^\| (.+?) \| `(\/(?:vod|live|livesim2)\/.+?\.mpd)`/gm)].map(([, feature, path]) => ({ feature, path }));

// On a busy machine the page reads the time so late that it asks too early, and then asks again.
const unexpected = (failure) => !failure.startsWith("425 ");

let pathway;
let servers;
let browser;
before(async () => {
  if (skip) return;
  pathway = await startServers();
  const flags = ["a", "b"].flatMap((name) => ["--pathway", `${name}=${pathway.edge}`]);
  servers = await startServers([], flags);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await servers?.stop();
  await pathway?.stop();
});

test("dash.js plays the matrix", { skip, timeout: 600_000, concurrency: AT_ONCE }, async (context) => {
  assert.ok(20 < ROWS.length, `${ROWS.length} rows`);
  const play = ({ feature, path }) =>
    context.test(`${feature}: ${path}`, { timeout: 2 * PLAY_MS_MAX }, async () => {
      const { page, failed, close } = await openLive(browser, servers.edge + path);
      try {
        const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
        assert.deepEqual(errors, []);
        assert.deepEqual(failed.filter(unexpected), [], "what is asked for in time is there");
      } finally {
        await close();
      }
    });
  await Promise.all(ROWS.map(play));
});
