// dash.js plays every MPD of the matrix in docs/origin.md, through an edge.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, played, unexpected } from "./support/live.mjs";
import { startWithPathways } from "./support/servers.mjs";
import { setServers } from "./support/stage.mjs";

const PLAY_S = 2;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;
// Players wait more for the clock than for the machine.
const AT_ONCE = 4;

const guide = readFileSync(new URL("../../docs/origin.md", import.meta.url), "utf8");
const matrix = guide.split("\n## Matrix\n")[1].split("\n## ")[0];
const ROWS = [...matrix.matchAll(/^\| (.+?) \| `(\/(?:vod|live|livesim2)\/.+?\.mpd)`/gm)].map(([, feature, path]) => ({ feature, path }));

const servers = setServers(() => startWithPathways((place) => [`a=${place}`, `b=${place}`]));

test("dash.js plays the matrix", { skip, timeout: 600_000, concurrency: AT_ONCE }, async (context) => {
  assert.ok(20 < ROWS.length, `${ROWS.length} rows`);
  const play = ({ feature, path }) =>
    context.test(`${feature}: ${path}`, { timeout: 2 * PLAY_MS_MAX }, async () => {
      const { page, failed, close } = await openLive(servers.browser, servers.edge + path);
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
