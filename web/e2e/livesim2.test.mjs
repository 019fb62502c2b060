// dash.js plays the samples of livesim2 that docs/livesim2.md says have an MPD, through an edge.

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
const AT_ONCE = 6;

const guide = readFileSync(new URL("../../docs/livesim2.md", import.meta.url), "utf8");
const table = guide.split("<!-- samples: answered -->")[1].split("<!-- end -->")[0];
const PATHS = [...table.matchAll(/^\| `(\/livesim2\/.+?)`/gm)].map(([, path]) => path);

// On a busy machine the page reads the time so late that it asks too early, and then asks again.
const unexpected = (failure) => !failure.startsWith("425 ");

let servers;
let browser;
before(async () => {
  if (skip) return;
  servers = await startServers();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await servers?.stop();
});

test("dash.js plays the samples of livesim2", { skip, timeout: 600_000, concurrency: AT_ONCE }, async (context) => {
  assert.ok(20 < PATHS.length, `${PATHS.length} samples`);
  const play = (path) =>
    context.test(path, { timeout: 2 * PLAY_MS_MAX }, async () => {
      const { page, failed, close } = await openLive(browser, servers.edge + path);
      try {
        const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
        assert.deepEqual(errors, []);
        assert.deepEqual(failed.filter(unexpected), [], "what is asked for in time is there");
      } finally {
        await close();
      }
    });
  await Promise.all(PATHS.map(play));
});
