// dash.js follows an MPD's references to Periods that stand elsewhere, and plays these.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { skip, startBrowser } from "./support/browser.mjs";
import { openLive, played, until } from "./support/live.mjs";
import { startServers } from "./support/servers.mjs";

// A cycle of breaks is six seconds, so this goes into one and out of one.
const LIVE_S = 8;
const VOD_S = 3;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;

// On a busy machine the page reads the time so late that it asks too early, and then asks again.
const unexpected = (failure) => !failure.startsWith("425 ");

const isRemote = (url) => new URL(url).pathname.endsWith(".xml");
const isOfBreak = (url) => /\/of_film\/.*\.m4s$/.test(new URL(url).pathname);

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

async function play(path, seconds) {
  const { page, failed, requested, close } = await openLive(browser, `${servers.edge}${path}`);
  const { errors } = await played(page, seconds, PLAY_MS_MAX);
  assert.deepEqual(errors, [], path);
  assert.deepEqual(failed.filter(unexpected), [], path);
  const media = requested.filter((url) => /\.m4s$/.test(new URL(url).pathname));
  const remote = requested.filter(isRemote);
  // What a reference leads to comes before any media.
  const firstOf = (url) => requested.indexOf(url);
  const result = { media, remote, isFirst: remote.length && firstOf(remote[0]) < firstOf(media[0]) };
  await close();
  return result;
}

test("dash.js follows references to breaks ahead and plays these", { skip, timeout: 90_000 }, async () => {
  const path = "/live/film/ad_film/every_6s/for_2s/xlink_onload-zero/number.mpd";
  const { media, remote, isFirst } = await play(path, LIVE_S);
  assert.ok(isFirst, `${remote}`);
  // The name by which the edge asks the origin is the origin's own.
  assert.ok(remote.every((url) => url.startsWith(`${servers.origin}/live/film/ad_film/`)), `${remote}`);
  assert.ok(media.some(isOfBreak), "the break is played");
  assert.ok(media.some((url) => !isOfBreak(url)), "the film is played");
});

test("dash.js follows references to Periods that are over", { skip, timeout: 90_000 }, async () => {
  const { remote } = await play("/live/film/period_4s/xlink_onload/time.mpd", LIVE_S);
  assert.ok(remote.some((url) => /time-p\d+\.xml$/.test(url)), `${remote}`);
});

test("a break elsewhere can be sought and is what it would be in the MPD", { skip, timeout: 90_000 }, async () => {
  const { page, requested, close } = await openLive(
    browser,
    `${servers.edge}/live/film/ad_film/every_12s/for_4s/xlink_onload/time.mpd`,
  );
  await played(page, 1, PLAY_MS_MAX);
  // Back by more than a break and what is between two.
  await page.evaluate(() => {
    const video = document.querySelector("video");
    video.currentTime -= 24;
  });
  await until(page, "it plays there", PLAY_MS_MAX, (seconds) => seconds <= window.live.played_s, LIVE_S + 6);
  const { errors } = await page.evaluate(() => window.live);
  assert.deepEqual(errors, []);
  assert.ok(requested.some(isRemote) && requested.some(isOfBreak), "it went into a break that is elsewhere");
  await close();
});

test("dash.js plays what stands in the place of references that it does not follow", { skip, timeout: 90_000 }, async () => {
  const { media, remote } = await play("/live/film/ad_film/every_6s/for_2s/xlink_onrequest/number.mpd", LIVE_S);
  assert.deepEqual(remote, []);
  assert.ok(media.some(isOfBreak), "the break is played");
});

test("dash.js gets several breaks for one reference", { skip, timeout: 90_000 }, async () => {
  const { media, remote, isFirst } = await play("/vod/film/pre_film,film/xlink_onload-zero/number.mpd", VOD_S);
  assert.ok(isFirst && remote.length === 1, `${remote}`);
  assert.ok(isOfBreak(media[0]), `it begins with the break: ${media[0]}`);
});
