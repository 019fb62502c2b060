/** What tests may read of the page, as `window.__dashpot`: a copy, so that nothing can be changed through it. */

import type { State } from "./state";
import type { Link } from "./viewer";

interface Probe {
  state: State;
  /** This page's viewer on its edge, if it has one. */
  viewer: string | null;
  /** The link's state as the edge confirmed it. */
  link: Link | null;
}

export function exposeProbe(read: () => Probe): void {
  Object.defineProperty(window, "__dashpot", { get: () => structuredClone(read()) });
}
