// Tracks beside pictures and sound: dash.js finds them and shows what is in them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { skip, startBrowser } from "./support/browser.mjs";
import { openPlayer } from "./support/player.mjs";
import { startServers } from "./support/servers.mjs";

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

// Subtitles are off until a viewer turns them on.
const SHOWN = { streaming: { text: { defaultEnabled: true } } };
// The film's subtitles say what second they belong to.
const FILM = "0:00:\\d\\d";
const CLOCK = "en: \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\\s*segment \\d+";

for (const [path, said] of [
  ["/vod/film/text_wvtt/number.mpd", FILM],
  ["/vod/film/text_stpp/time.mpd", FILM],
  ["/live/film/text_wvtt/time.mpd", FILM],
  ["/live/film/text_stpp/number.mpd", FILM],
  ["/live/film/clocksubs_en,sv/number.mpd", CLOCK],
  ["/live/film/chunk_0.5s/clockstpp_en/timeline.mpd", CLOCK],
]) {
  test(`shows the cues of ${path}`, { skip, timeout: 90_000 }, async () => {
    const { failed, errors, until, close } = await openPlayer(browser, servers.origin + path, SHOWN);
    // WebVTT becomes cues of the video, TTML is drawn beside it.
    const shows = (said) => {
      const tracks = [...document.querySelector("video").textTracks];
      const cues = tracks.flatMap((track) => [...(track.cues ?? [])]).map((cue) => cue.text);
      return new RegExp(said).test([...cues, document.querySelector("#text").innerText].join("\n"));
    };
    assert.ok(await until(`a cue says ${said}`, shows, said));
    assert.deepEqual(await errors(), []);
    assert.deepEqual(failed, []);
    await close();
  });
}

// What a player takes for fast play is none of its rungs.
for (const path of ["/vod/film/trick_8/number.mpd", "/live/film/trick_8/time.mpd"]) {
  test(`plays ${path} without its trick-mode track`, { skip, timeout: 90_000 }, async () => {
    const { page, failed, errors, until, close } = await openPlayer(browser, servers.origin + path);
    const plays = () => 1 < document.querySelector("video").currentTime && !document.querySelector("video").paused;
    assert.ok(await until("it plays", plays));
    const rungs = await page.evaluate(() => player.getRepresentationsByType("video").map((rung) => rung.id));
    assert.deepEqual(rungs, ["v1", "v2", "v3", "v4", "v5"]);
    assert.deepEqual(await errors(), []);
    assert.deepEqual(failed, []);
    await close();
  });
}
