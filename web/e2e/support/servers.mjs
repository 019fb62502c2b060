// Starts an origin and an edge in front of it, without a page, and ends exactly what it started.

import { startServer } from "./chain.mjs";

/** The films that there are. */
export const MEDIA = new URL("../../../media", import.meta.url).pathname;

/** Starts both on free ports; returns their addresses and a way to end them. */
export async function startServers(edgeFlags = [], originFlags = [], media = MEDIA) {
  const origin = await startServer(["origin", "--media", media, "--listen", "127.0.0.1:0", ...originFlags]);
  try {
    const flags = ["--origin", origin.url, "--listen", "127.0.0.1:0", ...edgeFlags];
    const edge = await startServer(["edge", ...flags]);
    const stop = async () => {
      await edge.stop();
      await origin.stop();
    };
    return { origin: origin.url.slice(0, -1), edge: edge.url.slice(0, -1), stop };
  } catch (error) {
    await origin.stop();
    throw error;
  }
}
