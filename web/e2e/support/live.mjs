// A bare page with dash.js that plays a live MPD and tells how it went. No part of the product is on
// it, so that what is measured is dash.js's own view of the origin.

import { join } from "node:path";

const DASH_JS = join(import.meta.dirname, "../../node_modules/dashjs/dist/modern/umd/dash.all.min.js");

/** Opens a page that plays `mpd` with dash.js under `settings` and keeps the messages of some schemes. */
export async function openLive(browser, mpd, settings = {}, schemes = []) {
  const context = await browser.newContext();
  const page = await context.newPage();
  // Keys are for pages of a secure context alone, which this machine's own servers are.
  await page.goto(new URL("/time/iso", mpd).href);
  const failed = [];
  const requested = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("response", (response) => {
    if (400 <= response.status()) failed.push(`${response.status()} ${response.url()}`);
  });
  await page.addScriptTag({ path: DASH_JS });
  await page.evaluate(play, { mpd, settings, schemes });
  return { page, failed, requested, close: () => context.close() };
}

/** Runs in the page. Keeps its figures in `window.live`. */
function play({ mpd, settings, schemes }) {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const player = dashjs.MediaPlayer().create();
  const live = { errors: [], stalls: 0, startup_ms: null, latencies_s: [], played_s: 0, events: [], steered: [] };
  window.live = live;
  const begun = performance.now();
  const on = dashjs.MediaPlayer.events;
  player.on(on.ERROR, (event) => live.errors.push(event.error?.message ?? String(event.error)));
  player.on(on.CONTENT_STEERING_REQUEST_COMPLETED, ({ currentSteeringResponseData, url }) => {
    live.steered.push({ priority: currentSteeringResponseData.pathwayPriority, url });
  });
  video.addEventListener("playing", () => {
    live.startup_ms ??= performance.now() - begun;
  });
  // What stops the picture after it has begun to move is a stall.
  video.addEventListener("waiting", () => {
    if (live.startup_ms !== null) live.stalls += 1;
  });
  let last = null;
  video.addEventListener("timeupdate", () => {
    if (last !== null) live.played_s += Math.max(0, video.currentTime - last);
    last = video.currentTime;
  });
  setInterval(() => {
    if (live.startup_ms === null) return;
    live.latencies_s.push(player.getCurrentLiveLatency());
  }, 250);
  // What is not text is kept as base64; announcements count when they are heard, the rest when it is due.
  const text = (message, isBinary) => {
    if (!(message instanceof Uint8Array)) return message;
    return isBinary ? btoa(String.fromCharCode(...message)) : new TextDecoder().decode(message);
  };
  for (const scheme of schemes) {
    const isCue = scheme.startsWith("urn:scte:");
    const heard = ({ event }) => {
      const { id, messageData, calculatedPresentationTime: at_s } = event;
      const { value } = event.eventStream;
      live.events.push({ scheme, value, id, at_s, message: text(messageData, isCue) });
    };
    player.on(scheme, heard, null, { mode: isCue ? on.EVENT_MODE_ON_RECEIVE : on.EVENT_MODE_ON_START });
  }
  player.updateSettings(settings);
  player.initialize(video, mpd, true);
}

/** Tells failures from players that ask too early and again: on a busy machine they read the time late. */
export const unexpected = (failure) => !failure.startsWith("425 ");

/** Waits, for a bounded time, until the page has played so long or failed; returns its figures. */
export async function played(page, seconds, ms_max) {
  const done = (to) => to <= window.live.played_s || 0 < window.live.errors.length;
  try {
    await page.waitForFunction(done, seconds, { timeout: ms_max, polling: 100 });
  } catch (cause) {
    const state = JSON.stringify(await page.evaluate(() => window.live).catch(() => null));
    throw new Error(`did not play ${seconds} s within ${ms_max / 1000} s: ${state}`, { cause });
  }
  return page.evaluate(() => window.live);
}

/** Waits, for a bounded time, until `condition` of the page holds; returns its value or says what was there. */
export async function until(page, what, ms_max, condition, argument) {
  try {
    const handle = await page.waitForFunction(condition, argument, { timeout: ms_max, polling: 100 });
    return await handle.jsonValue();
  } catch (cause) {
    const state = JSON.stringify(await page.evaluate(() => window.live).catch(() => null));
    throw new Error(`not within ${ms_max / 1000} s: ${what}: ${state}`, { cause });
  }
}
