// dash.js goes where an MPD says that it is, and sends what it asks for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, played, unexpected } from "./support/live.mjs";
import { setServers } from "./support/stage.mjs";

// Long enough for an MPD that lists segments to be fetched again.
const PLAY_S = 5;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;

const servers = setServers();

for (const path of [
  "/live/film/startrel_40s/time.mpd",
  "/live/film/startrel_40s/location_redirect/time.mpd",
  "/livesim2/startrel_-40/segtimeline_1/testpic_2s/Manifest.mpd",
]) {
  test(`dash.js goes where ${path} leads`, { skip, timeout: 90_000 }, async () => {
    const { page, failed, requested, close } = await openLive(servers.browser, `${servers.edge}${path}`);
    const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
    assert.deepEqual(errors, []);
    assert.deepEqual(failed.filter(unexpected), []);
    const relative = requested.filter((url) => url.includes("startrel_"));
    assert.equal(relative.length, 1, `asked for once: ${relative}`);
    const mpds = requested.filter((url) => url.endsWith(".mpd") && /start_[0-9]/.test(url));
    assert.ok(1 <= mpds.length, "the MPD is fetched from where it is");
    assert.equal(new Set(mpds).size, 1);
    await close();
  });
}

test("dash.js takes the time from what it understands", { skip, timeout: 90_000 }, async () => {
  const utc = "utc_httpntp-httphead-httpxsdate-httpiso-direct";
  const { page, requested, close } = await openLive(servers.browser, `${servers.edge}/live/film/${utc}/number.mpd`);
  const { errors } = await played(page, 2, PLAY_MS_MAX);
  assert.deepEqual(errors, []);
  const clocks = new Set(requested.map((url) => new URL(url).pathname).filter((path) => path.startsWith("/time/")));
  // It has no reader of `http-ntp`, and asks the next one.
  assert.deepEqual([...clocks], ["/time/head"]);
  await close();
});

for (const path of [
  "/live/film/query_own/number.mpd",
  "/live/film/query_mpd-ext/time.mpd?dashpot=annex-i",
  "/vod/film/query_mpd/number.mpd?dashpot=annex-i",
]) {
  test(`dash.js sends the parameter that ${path} asks for`, { skip, timeout: 90_000 }, async () => {
    const { page, failed, requested, close } = await openLive(servers.browser, `${servers.edge}${path}`);
    const { errors } = await played(page, 2, PLAY_MS_MAX);
    assert.deepEqual(errors, []);
    assert.deepEqual(failed.filter(unexpected), []);
    const media = requested.filter((url) => /\.m4s|init\.mp4/.test(url));
    assert.ok(media.every((url) => url.includes("dashpot=annex-i")), `${media}`);
    await close();
  });
}
