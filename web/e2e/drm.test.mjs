// Protected films play with the licences that their MPDs lead to: dash.js asks for each key once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, played, unexpected } from "./support/live.mjs";
import { openPlayer } from "./support/players.mjs";
import { setServers } from "./support/stage.mjs";

const PLAY_S = 5;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;

const PATHS = [
  "/vod/film/drm_cenc/number.mpd",
  "/vod/film/drm_cbcs/time.mpd",
  "/live/film/drm_cenc/chunk_0.5s/number.mpd",
  "/livesim2/eccp_cbcs/film/Manifest.mpd",
  // Long enough for another Period, with another key, to begin.
  "/live/film/drm_cenc/rotate_4s/period_4s/time.mpd",
];

const servers = setServers();

for (const path of PATHS) {
  test(`dash.js plays ${path} with a licence`, { skip, timeout: 2 * PLAY_MS_MAX }, async () => {
    const { page, failed, requested, close } = await openLive(servers.browser, servers.edge + path);
    const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
    assert.deepEqual(errors, []);
    assert.deepEqual(failed.filter(unexpected), []);
    const licences = requested.filter((url) => url.endsWith("/drm/clearkey"));
    assert.ok(0 < licences.length, "the licence was asked for");
    const decrypted = await page.evaluate(() => document.querySelector("video").mediaKeys !== null);
    assert.ok(decrypted, "the film is protected");
    await close();
  });
}

test("shaka-player plays with a licence", { skip, timeout: 2 * PLAY_MS_MAX }, async () => {
  const mpd = `${servers.edge}/vod/film/drm_cenc/number.mpd`;
  const { page, failed, requested, close } = await openPlayer(servers.browser, "shaka-player", mpd);
  const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
  assert.deepEqual(errors, []);
  assert.deepEqual(failed, []);
  assert.ok(requested.some((url) => url.endsWith("/drm/clearkey")), "the licence was asked for");
  await close();
});
