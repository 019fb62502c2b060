// A bare page with hls.js or shaka-player that plays a manifest and tells how it went: players that
// share no code with dash.js, so that what they all play is not one player's habit.

import { join } from "node:path";

const MODULES = join(import.meta.dirname, "../../node_modules");
const SCRIPTS = {
  "hls.js": join(MODULES, "hls.js/dist/hls.min.js"),
  "shaka-player": join(MODULES, "shaka-player/dist/shaka-player.compiled.js"),
};

/** Opens a page that plays `url` with a library; `settings` are the library's own. */
export async function openPlayer(browser, library, url, settings = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  // Keys are for pages of a secure context alone, which this machine's own servers are.
  await page.goto(new URL("/time/iso", url).href);
  const failed = [];
  const requested = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("response", (response) => {
    if (400 <= response.status()) failed.push(`${response.status()} ${response.url()}`);
  });
  await page.addScriptTag({ path: SCRIPTS[library] });
  await page.evaluate(observe);
  await page.evaluate(library === "hls.js" ? playHls : playShaka, { url, settings });
  return { page, failed, requested, close: () => context.close() };
}

/** Runs in the page. Keeps its figures in `window.live`. */
function observe() {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const live = { errors: [], played_s: 0, audio: [], subtitles: [], latency_s: null };
  window.live = live;
  let last = null;
  video.addEventListener("timeupdate", () => {
    // A jump over what was not played is not playing.
    if (last !== null) live.played_s += Math.min(1, Math.max(0, video.currentTime - last));
    last = video.currentTime;
  });
}

/** Runs in the page. */
function playHls({ url, settings }) {
  const video = document.querySelector("video");
  const live = window.live;
  const player = new Hls(settings);
  window.player = player;
  player.on(Hls.Events.ERROR, (_, { fatal, details, reason }) => {
    // What it mends itself is told apart: a busy machine makes it wait for its buffer.
    if (fatal) live.errors.push(`${details} ${reason ?? ""}`);
  });
  player.on(Hls.Events.MANIFEST_PARSED, () => {
    live.levels = player.levels.length;
    live.key_frames = player.iframeVariants?.length;
    video.play();
  });
  const languages = (tracks) => tracks.map((track) => track.lang);
  player.on(Hls.Events.AUDIO_TRACKS_UPDATED, (_, { audioTracks }) => (live.audio = languages(audioTracks)));
  player.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, (_, { subtitleTracks }) => (live.subtitles = languages(subtitleTracks)));
  player.on(Hls.Events.FRAG_CHANGED, () => (live.latency_s = player.latency));
  player.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
    live.parts = details.partList?.length ?? 0;
    live.skipped = Math.max(live.skipped ?? 0, details.skippedSegments);
    live.ended = !details.live;
  });
  player.loadSource(url);
  player.attachMedia(video);
}

/** Runs in the page. */
async function playShaka({ url, settings }) {
  const video = document.querySelector("video");
  const live = window.live;
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  window.player = player;
  const told = (error) => live.errors.push(`${error.category}.${error.code} ${JSON.stringify(error.data)}`);
  player.addEventListener("error", ({ detail }) => {
    if (detail.severity === shaka.util.Error.Severity.CRITICAL) told(detail);
  });
  try {
    await player.attach(video);
    player.configure(settings);
    await player.load(url);
    live.levels = new Set(player.getVariantTracks().map((track) => track.height)).size;
    live.audio = [...new Set(player.getVariantTracks().map((track) => track.language))];
    live.subtitles = player.getTextTracks().map((track) => track.language);
    live.is_live = player.isLive();
    setInterval(() => {
      live.latency_s = player.isLive() ? (Date.now() - player.getPlayheadTimeAsDate()) / 1000 : null;
    }, 250);
    await video.play();
  } catch (error) {
    if (error instanceof shaka.util.Error) told(error);
    else live.errors.push(String(error));
  }
}
