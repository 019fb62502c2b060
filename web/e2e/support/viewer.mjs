// A visitor of the page: opens it, watches for errors, reads its state and its picture.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

const SHOTS = resolve(process.env.DASHPOT_SHOTS ?? join(import.meta.dirname, "../../../target/shots"));

// The patch in the film's top left corner, by media/README.md.
const PATCHES = {
  v1: [0xe6, 0x19, 0x4b],
  v2: [0xf5, 0x82, 0x31],
  v3: [0xff, 0xe1, 0x19],
  v4: [0x3c, 0xb4, 0x4b],
  v5: [0x43, 0x63, 0xd8],
};
// Coding and colour conversion move a channel by a few steps; the patches lie at least 60 apart.
const PATCH_DISTANCE_MAX = 40;

/** The ladder of the test film, low to high. */
export const LADDER = Object.keys(PATCHES);

/** Opens the page; `errors` collects whatever the console calls an error. */
export async function visit(browser, url, query = {}, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(`${url}?${new URLSearchParams(query)}`);
  return { page, errors, close: () => context.close() };
}

/** Returns the state that the page shows to tests. */
export function probe(page) {
  return page.evaluate(() => window.__dashpot);
}

/** Waits, for a bounded time, until `condition` of the page's state holds; says what did not come. */
export async function until(page, what, ms_max, condition, argument) {
  // Until the page has read its configuration there is no state to ask.
  const body = `window.__dashpot && (${condition})(window.__dashpot.state, ${JSON.stringify(argument ?? null)})`;
  try {
    await page.waitForFunction(body, undefined, { timeout: ms_max, polling: 100 });
  } catch (cause) {
    const state = JSON.stringify(await probe(page).catch(() => null));
    throw new Error(`not within ${ms_max / 1000} s: ${what}\n${cause.message}\n${state}`, { cause });
  }
  return (await probe(page)).state;
}

/** Returns the id of the rung whose patch is in the picture, or null if none is near. */
export async function rungInPicture(page) {
  const pixel = await page.evaluate(() => {
    const video = document.querySelector("video");
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    const at = Math.round(video.videoHeight * 0.05);
    return [...context.getImageData(at, at, 1, 1).data].slice(0, 3);
  });
  const distance = (patch) => Math.max(...patch.map((channel, at) => Math.abs(channel - pixel[at])));
  return LADDER.find((id) => distance(PATCHES[id]) < PATCH_DISTANCE_MAX) ?? null;
}

/** Waits until the picture itself shows one of `ids`. */
export async function untilPicture(page, ids, ms_max) {
  const end = Date.now() + ms_max;
  let seen = null;
  while (Date.now() < end) {
    seen = await rungInPicture(page);
    if (ids.includes(seen)) return seen;
    await page.waitForTimeout(250);
  }
  throw new Error(`the picture did not show ${ids.join(" or ")} within ${ms_max / 1000} s but ${seen}`);
}

/** Saves a picture of the page into DASHPOT_SHOTS. */
export async function shoot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}
