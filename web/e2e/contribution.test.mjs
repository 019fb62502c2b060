// A channel that FFmpeg contributes over HTTP is played by dash.js through an edge while it arrives.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { skip as noBrowser, startBrowser } from "./support/browser.mjs";
import { openLive, played } from "./support/live.mjs";
import { startServers } from "./support/servers.mjs";

const noFfmpeg = spawnSync("ffmpeg", ["-version"]).status !== 0 && "no ffmpeg on PATH";
const skip = noBrowser || noFfmpeg;
// Enough for several segments of a second.
const PLAY_S = 5;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 90_000;

let servers;
let browser;
let encoder;
before(async () => {
  if (skip) return;
  servers = await startServers([], ["--ingest"]);
  browser = await startBrowser();
  const input = ["-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"];
  const sound = ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"];
  const coding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-sc_threshold", "0", "-c:a", "aac"];
  const dash = ["-f", "dash", "-ldash", "1", "-streaming", "1", "-use_template", "1", "-use_timeline", "0"];
  const lengths = ["-seg_duration", "1", "-frag_duration", "0.2", "-frag_type", "duration"];
  const to = ["-method", "PUT", `${servers.origin}/ingest/cam/manifest.mpd`];
  encoder = spawn("ffmpeg", ["-v", "error", ...input, ...sound, ...coding, ...dash, ...lengths, ...to], {
    stdio: "ignore",
  });
  process.once("exit", () => encoder.kill("SIGKILL"));
});
after(async () => {
  encoder?.kill("SIGKILL");
  await browser?.close();
  await servers?.stop();
});

test("dash.js plays what FFmpeg contributes, through an edge", { skip, timeout: 2 * PLAY_MS_MAX }, async () => {
  const mpd = `${servers.edge}/channel/cam/manifest.mpd`;
  const end = Date.now() + PLAY_MS_MAX;
  // There is an MPD once each track has a whole segment.
  while (!(await fetch(`${servers.origin}/channel/cam/manifest.mpd`)).ok) {
    assert.ok(Date.now() < end, "the channel does not begin");
    await new Promise((later) => setTimeout(later, 100));
  }
  const { page, requested, close } = await openLive(browser, mpd);
  const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
  assert.deepEqual(errors, []);
  const segments = requested.filter((url) => url.endsWith(".m4s"));
  assert.ok(segments.every((url) => url.startsWith(`${servers.edge}/`) && url.includes("/channel/cam/g")));
  const size = await page.evaluate(() => [document.querySelector("video").videoWidth, document.querySelector("video").videoHeight]);
  assert.deepEqual(size, [320, 180]);
  await close();
});
