// hls.js and shaka-player play, through an edge, what dash.js is tested with and its HLS twin.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { played, unexpected } from "./support/live.mjs";
import { openPlayer } from "./support/players.mjs";
import { setServers } from "./support/stage.mjs";

const PLAY_S = 2;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;

const CASES = [
  ["hls.js", "/vod/film/hls.m3u8"],
  ["hls.js", "/live/film/hls.m3u8"],
  ["hls.js", "/live/film/chunk_0.5s/hls.m3u8"],
  ["shaka-player", "/vod/film/hls.m3u8"],
  ["shaka-player", "/live/film/hls.m3u8"],
  ["shaka-player", "/live/film/chunk_0.5s/hls.m3u8", { streaming: { lowLatencyMode: true } }],
  ["shaka-player", "/vod/film/number.mpd"],
  ["shaka-player", "/live/film/time.mpd"],
  ["shaka-player", "/live/film/period_4s/number.mpd"],
];

const servers = setServers();

// Several at a time: each waits for the clock more than for the machine.
test("plays in other players than dash.js", { skip, timeout: 240_000, concurrency: 5 }, async (context) => {
  const run = ([library, path, settings]) =>
    context.test(`${library} plays ${path}`, { timeout: 90_000 }, async () => {
      const { page, failed, requested, close } = await openPlayer(servers.browser, library, servers.edge + path, settings);
      const live = await played(page, PLAY_S, PLAY_MS_MAX);
      assert.deepEqual(live.errors, []);
      assert.deepEqual(failed.filter(unexpected), [], "what is asked for is there");
      assert.equal(live.levels, 5);
      assert.deepEqual(live.audio.toSorted(), ["en", "ko"]);
      assert.deepEqual(live.subtitles.toSorted(), path.startsWith("/vod/") ? ["en", "ko"] : []);
      if (path.startsWith("/live/") && path.endsWith(".m3u8")) {
        assert.ok(requested.some((url) => /_HLS_msn=\d+.*&_HLS_skip=YES/.test(url)), "it waits for updates");
      }
      if (path.includes("chunk_")) {
        assert.ok(requested.some((url) => /_HLS_msn=\d+&_HLS_part=\d+/.test(url)), "it waits for parts");
        assert.ok(requested.some((url) => /\/\d+_\d+\.m4s/.test(url)), "it fetches parts");
      }
      await close();
    });
  await Promise.all(CASES.map(run));
});

test("hls.js shows subtitles, and the sound that is chosen", { skip, timeout: 90_000 }, async () => {
  const { page, requested, close } = await openPlayer(servers.browser, "hls.js", `${servers.edge}/vod/film/hls.m3u8`);
  await played(page, 1, PLAY_MS_MAX);
  await page.evaluate(() => {
    player.subtitleDisplay = true;
    player.subtitleTrack = 0;
    player.audioTrack = 1;
  });
  const shown = () => 0 < [...document.querySelector("video").textTracks].flatMap((track) => [...(track.cues ?? [])]).length;
  await page.waitForFunction(shown, null, { timeout: PLAY_MS_MAX });
  const cue = await page.evaluate(() => {
    const cues = [...document.querySelector("video").textTracks].flatMap((track) => [...(track.cues ?? [])]);
    return cues.map(({ startTime, text }) => ({ startTime, text }))[0];
  });
  assert.ok(0 <= cue.startTime && cue.startTime < 24 && 0 < cue.text.length, JSON.stringify(cue));
  const sound = (url) => url.includes("/a-ko/");
  for (let tries = 0; tries < 600 && !requested.some(sound); tries += 1) await page.waitForTimeout(100);
  assert.ok(requested.some(sound), "the other language is fetched");
  await close();
});

test("hls.js shows a clock in TTML while it plays live", { skip, timeout: 90_000 }, async () => {
  const url = `${servers.edge}/live/film/clockstpp_en/trick_4/hls.m3u8`;
  const { page, failed, close } = await openPlayer(servers.browser, "hls.js", url);
  await played(page, 1, PLAY_MS_MAX);
  await page.evaluate(() => {
    player.subtitleDisplay = true;
    player.subtitleTrack = 0;
  });
  // The second that is in the picture.
  const right = () => {
    const video = document.querySelector("video");
    const [cue] = [...video.textTracks].flatMap((track) => [...(track.activeCues ?? [])]);
    const date = player.playingDate;
    return cue && date && cue.text.includes(new Date(date).toISOString().slice(11, 19));
  };
  await page.waitForFunction(right, null, { timeout: PLAY_MS_MAX, polling: 50 });
  const live = await page.evaluate(() => window.live);
  assert.deepEqual([live.errors, live.key_frames], [[], 1]);
  assert.deepEqual(failed.filter(unexpected), []);
  await close();
});

test("hls.js plays an event to its end", { skip, timeout: 90_000 }, async () => {
  const now_s = Math.floor(Date.now() / 1000);
  const event = `start_${now_s - 40}/stop_${now_s - 36}/hls.m3u8`;
  const { page, failed, close } = await openPlayer(servers.browser, "hls.js", `${servers.edge}/live/film/${event}`);
  await page.waitForFunction(() => document.querySelector("video").ended, null, { timeout: PLAY_MS_MAX });
  const live = await page.evaluate(() => window.live);
  assert.deepEqual([live.errors, failed, live.ended], [[], [], true]);
  await close();
});
