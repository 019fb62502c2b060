// Events that begin and end, and patches, of a film that runs by the clock. `matrix.test.mjs` plays its forms.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, played, unexpected } from "./support/live.mjs";
import { setServers } from "./support/stage.mjs";

// Enough for several segments.
const PLAY_S = 5;
// Beyond what the first MPD lists, from three segments of two seconds behind its end.
const PATCHED_S = 9;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;

const servers = setServers();

test("an event plays from its start, and to its end when it has ended", { skip, timeout: 90_000 }, async () => {
  const now_s = Math.floor(Date.now() / 1000);
  const event = `start_${now_s - 40}/stop_${now_s - 20}/time.mpd`;
  const { page, failed, close } = await openLive(servers.browser, `${servers.edge}/live/film/${event}`);
  const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
  assert.deepEqual(errors, []);
  assert.deepEqual(failed, []);
  // To the end of the last frame of sound.
  const duration_s = await page.evaluate(() => document.querySelector("video").duration);
  assert.ok(Math.abs(duration_s - 20) < 0.05, `${duration_s} s`);
  await close();
});

test("dash.js follows a film by patches of its MPD alone", { skip, timeout: 90_000 }, async () => {
  for (const form of ["time", "timeline"]) {
    const mpd = `${servers.edge}/live/film/patch_60s/${form}.mpd`;
    const { page, failed, requested, close } = await openLive(servers.browser, mpd);
    const { errors } = await played(page, PATCHED_S, PLAY_MS_MAX);
    assert.deepEqual(errors, []);
    assert.deepEqual(failed.filter(unexpected), []);
    const patches = requested.filter((url) => url.includes(`/${form}-`) && url.includes(".mpp"));
    assert.ok(2 <= new Set(patches).size, `one patch leads to the next: ${patches}`);
    const whole = requested.filter((url) => url.endsWith(".mpd"));
    assert.equal(whole.length, 1, "every patch could be applied");
    await close();
  }
});

test("dash.js plays parts of segments by their own URLs", { skip, timeout: 90_000 }, async () => {
  const mpd = `${servers.edge}/live/film/chunk_0.5s/sub_on/number.mpd`;
  const { page, failed, requested, close } = await openLive(servers.browser, mpd);
  const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
  assert.deepEqual(errors, []);
  assert.deepEqual(failed.filter(unexpected), []);
  const media = requested.filter((url) => url.includes(".m4s"));
  assert.deepEqual(media.filter((url) => !/\/[0-9]+_[0-3]\.m4s/.test(url)), [], "no segment is asked for as a whole");
  await close();
});
