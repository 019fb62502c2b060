// In breaks another asset is played, with other tracks, and dash.js plays into and out of them.

import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, played, unexpected } from "./support/live.mjs";
import { MEDIA, startServers } from "./support/servers.mjs";
import { setServers } from "./support/stage.mjs";

// A cycle of breaks is six seconds, so this goes into one and out of one.
const LIVE_S = 8;
// A break of 24 seconds comes after two: into it, then from shortly before its end out of it.
const INTO_S = 3;
const OUT_FROM_S = 24;
const OUT_S = 28;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;

const BREAK = "ad_clip/every_6s/for_2s";
const LIVE = [`${BREAK}/number.mpd`, `${BREAK}/time.mpd`];
const VOD = ["mid_clip@2s/number.mpd", "mid_clip@2s/time.mpd", "mid_clip@2s/base.mpd"];

let folder;
const servers = setServers(async () => {
  folder = await mkdtemp(join(tmpdir(), "dashpot-breaks-"));
  await cp(join(MEDIA, "film"), join(folder, "film"), { recursive: true });
  // Fewer rungs, one of which has another profile, and one language.
  await mkdir(join(folder, "clip"));
  for (const track of ["v2.mp4", "v4.mp4", "a-en.mp4"]) {
    await cp(join(MEDIA, "film", track), join(folder, "clip", track));
  }
  return startServers([], [], folder);
});
after(async () => {
  if (folder) await rm(folder, { recursive: true });
});

/** Returns how often playing went from one asset to the other, by the segments of pictures asked for. */
function turns(requested) {
  const video = requested.filter((url) => /\/v\d\/t?\d+\.m4s|\/v\d\.mp4/.test(url));
  const assets = video.map((url) => (url.includes("/of_clip/") ? "clip" : "film"));
  return assets.filter((asset, at) => 0 < at && asset !== assets[at - 1]).length;
}

async function play(path, seconds, seek = null) {
  const { page, failed, requested, close } = await openLive(servers.browser, `${servers.edge}/${path}`);
  if (seek !== null) {
    await played(page, INTO_S, PLAY_MS_MAX);
    await page.evaluate((to) => (document.querySelector("video").currentTime = to), seek);
  }
  const { errors } = await played(page, seconds, PLAY_MS_MAX);
  assert.deepEqual(errors, [], path);
  assert.deepEqual(failed.filter(unexpected), [], path);
  assert.ok(2 <= turns(requested), `${path} goes into a break and out of it`);
  await close();
}

test("live breaks are played, and the film behind them", { skip, timeout: 120_000 }, async () => {
  await Promise.all(LIVE.map((path) => play(`live/film/${path}`, LIVE_S)));
});

test("breaks on demand are played, and the film behind them", { skip, timeout: 120_000 }, async () => {
  await Promise.all(VOD.map((path) => play(`vod/film/${path}`, OUT_S, OUT_FROM_S)));
});
