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

/**
 * Starts both with pathways, which `name` makes (`NAME=URL`) of the address of another edge over the same films:
 * `place`.
 */
export async function startWithPathways(name) {
  const place = await startServers();
  try {
    const flags = name(place.edge).flatMap((pathway) => ["--pathway", pathway]);
    const servers = await startServers([], flags);
    const stop = async () => {
      await servers.stop();
      await place.stop();
    };
    return { ...servers, place: place.edge, stop };
  } catch (error) {
    await place.stop();
    throw error;
  }
}
