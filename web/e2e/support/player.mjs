// A bare page with dash.js whose player is at hand for tests, with a place for TTML.

import { join } from "node:path";

const DASH_JS = join(import.meta.dirname, "../../node_modules/dashjs/dist/modern/umd/dash.all.min.js");
// A bound for a busy machine, not a measurement.
const MS_MAX = 60_000;

/** Opens a page whose `player` plays `mpd`; `errors` and `failed` tell what went wrong. */
export async function openPlayer(browser, mpd, settings = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const failed = [];
  page.on("response", (response) => {
    // Who asks a moment too early asks again.
    if (400 <= response.status() && response.status() !== 425) failed.push(`${response.status()} ${response.url()}`);
  });
  await page.addScriptTag({ path: DASH_JS });
  await page.evaluate(play, { mpd, settings });

  /** Waits until `condition` of the page holds or dash.js fails; returns what it came to. */
  const until = async (what, condition, argument) => {
    try {
      await page.evaluate(`window.condition = ${condition}`);
      const met = (argument) => (window.met = window.condition(argument)) || 0 < window.errors.length;
      await page.waitForFunction(met, argument, { timeout: MS_MAX, polling: 100 });
    } catch (cause) {
      const state = await page.evaluate(() => JSON.stringify([window.errors, document.querySelector("video").currentTime]));
      throw new Error(`not within ${MS_MAX / 1000} s: ${what} (${state}, ${failed})`, { cause });
    }
    return page.evaluate(() => window.met);
  };
  const errors = () => page.evaluate(() => window.errors);
  return { page, failed, errors, until, close: () => context.close() };
}

/** Runs in the page. */
function play({ mpd, settings }) {
  const video = document.createElement("video");
  const text = document.createElement("div");
  text.id = "text";
  video.muted = true;
  document.body.append(video, text);
  const player = dashjs.MediaPlayer().create();
  window.player = player;
  window.errors = [];
  player.on(dashjs.MediaPlayer.events.ERROR, (event) => window.errors.push(event.error?.message ?? String(event.error)));
  player.updateSettings(settings);
  player.initialize(video, mpd, true);
  player.attachTTMLRenderingDiv(text);
}
