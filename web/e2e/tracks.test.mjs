// Tracks beside pictures and sound: dash.js finds them and shows what is in them.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { BINARY, startServer } from "./support/chain.mjs";
import { openPlayer } from "./support/player.mjs";
import { setServers } from "./support/stage.mjs";

const noFfmpeg = spawnSync("ffmpeg", ["-version"]).status !== 0 && "no ffmpeg on PATH";

const servers = setServers();

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
    const { failed, errors, until, close } = await openPlayer(servers.browser, servers.origin + path, SHOWN);
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
    const { page, failed, errors, until, close } = await openPlayer(servers.browser, servers.origin + path);
    const plays = () => 1 < document.querySelector("video").currentTime && !document.querySelector("video").paused;
    assert.ok(await until("it plays", plays));
    const rungs = await page.evaluate(() => player.getRepresentationsByType("video").map((rung) => rung.id));
    assert.deepEqual(rungs, ["v1", "v2", "v3", "v4", "v5"]);
    assert.deepEqual(await errors(), []);
    assert.deepEqual(failed, []);
    await close();
  });
}

// Two seconds each of these, in a film of eight.
const COLOURS = ["red", "lime", "blue", "yellow"];
const RGB = { red: [255, 0, 0], lime: [0, 255, 0], blue: [0, 0, 255], yellow: [255, 255, 0] };
// Coding moves a channel by a few steps.
const CHANNEL_OFF_MAX = 40;

/** Makes an asset `colours` with two sheets of two thumbnails and returns the folder of assets. */
function colours(folder) {
  const inputs = COLOURS.flatMap((colour) => ["-f", "lavfi", "-i", `color=c=${colour}:s=320x180:r=25:d=2`]);
  const film = join(folder, "colours.mp4");
  const code = ["-filter_complex", `concat=n=${COLOURS.length}`, "-c:v", "libx264", "-pix_fmt", "yuv420p"];
  execFileSync("ffmpeg", ["-nostdin", "-v", "error", ...inputs, ...code, film]);
  const media = join(folder, "media");
  const made = ["--out", media, "--ladder", "320x180@100kbps", "--thumbnails=2x1", film];
  execFileSync(BINARY, ["ingest", ...made], { stdio: "ignore" });
  return media;
}

test("dash.js finds the thumbnail of each moment", { skip: skip || noFfmpeg, timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "dashpot-"));
  let origin;
  try {
    origin = await startServer(["origin", "--media", colours(folder), "--listen", "127.0.0.1:0"]);
    for (const path of ["vod/colours/loop_2/number.mpd", "live/colours/time.mpd", "live/colours/number.mpd"]) {
      const { page, failed, errors, until, close } = await openPlayer(servers.browser, origin.url + path);
      await until("it plays", () => 0.5 < document.querySelector("video").currentTime && player.isReady());
      const live = path.startsWith("live");
      // Live, the newest whole pass that a viewer can go back to.
      const begin = live ? await page.evaluate(() => Math.floor(document.querySelector("video").currentTime / 8) * 8 - 8) : 8;
      for (const [at, colour] of COLOURS.entries()) {
        const seen = await page.evaluate(thumbnail, { time: begin + 2 * at + 1, live });
        const near = (channel, index) => Math.abs(channel - RGB[colour][index]) < CHANNEL_OFF_MAX;
        assert.ok(seen.every(near), `${path} ${colour}: ${seen}`);
      }
      assert.deepEqual(await errors(), []);
      assert.deepEqual(failed, []);
      await close();
    }
  } finally {
    await origin?.stop();
    rmSync(folder, { recursive: true });
  }
});

/** Runs in the page: returns the colour in the middle of the thumbnail of a time. */
async function thumbnail({ time, live }) {
  // Live, dash.js counts from the begin of the window.
  const from = live ? player.getDvrWindow().start : 0;
  const found = await new Promise((done) => player.provideThumbnail(time - from, done));
  const image = new Image();
  image.crossOrigin = "anonymous";
  image.src = found.url;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = found.width;
  canvas.height = found.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, -found.x, -found.y);
  return [...context.getImageData(found.width / 2, found.height / 2, 1, 1).data].slice(0, 3);
}

test("plays AV1, VP9 and Opus", { skip: skip || noFfmpeg, timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "dashpot-"));
  let origin;
  try {
    const source = join(folder, "source.mp4");
    const pictures = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4"];
    const sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=4"];
    const code = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "50", "-sc_threshold", "0", "-c:a", "libopus"];
    execFileSync("ffmpeg", ["-nostdin", "-v", "error", ...pictures, ...sound, ...code, source]);
    const media = join(folder, "media");
    // A build of ffmpeg without an encoder makes nothing.
    const make = (name, how) =>
      spawnSync(BINARY, ["ingest", "--out", media, "--name", name, ...how, source]).status === 0;
    const ladder = ["--ladder", "160x90@100kbps"];
    const made = [
      ["opus", ["--copy"]],
      ["av1", ["--codec", "av1", ...ladder]],
      ["vp9", ["--codec", "vp9", ...ladder]],
    ].filter(([name, how]) => make(name, how));
    origin = await startServer(["origin", "--media", media, "--listen", "127.0.0.1:0"]);
    for (const [name] of made) {
      const { page, failed, errors, until, close } = await openPlayer(servers.browser, `${origin.url}vod/${name}/number.mpd`);
      // Sound too: without what it plays the clock stands still.
      assert.ok(await until(`${name} plays`, () => 1 < document.querySelector("video").currentTime));
      assert.equal(await page.evaluate(() => document.querySelector("video").videoWidth), 160, name);
      assert.deepEqual(await errors(), []);
      assert.deepEqual(failed, []);
      await close();
    }
  } finally {
    await origin?.stop();
    rmSync(folder, { recursive: true });
  }
});
