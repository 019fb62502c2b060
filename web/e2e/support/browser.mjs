// Finds and starts the system's Chromium. No browser is ever downloaded.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** Returns the path of a Chromium on PATH, or null. */
export function findChromium() {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here; the next folder may have it.
      }
    }
  }
  return null;
}

/** What `node:test` takes as `skip`: a reason, or false. */
export const skip = findChromium() === null && "no Chromium on PATH (Debian: apt-get install chromium)";

/** Starts Chromium without a window, on an empty profile of its own. */
export function startBrowser() {
  return chromium.launch({ executablePath: findChromium(), headless: true, args: FLAGS });
}
