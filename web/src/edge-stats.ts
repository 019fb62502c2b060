/** What an edge says about itself at `/_dashpot/stats`, read once a second. */

import type { Edge } from "./config";

export interface EdgeRequest {
  unix_ms: number;
  method: string;
  path: string;
  status: number;
  cache_status: string;
  bytes: number;
  took_ms: number;
  viewer: string | null;
}

export interface EdgeStats {
  requests: number;
  hits: number;
  misses: number;
  stale: number;
  hit_ratio: number;
  bytes_to_clients: number;
  bytes_from_origin: number;
  objects: number;
  cache_bytes: number;
  cache_bytes_max: number;
  fills_running: number;
  uptime_ms: number;
  recent: EdgeRequest[];
}

const EVERY_MS = 1000;
/** An edge that is gone is asked less often; each failure is an error line in the browser's console. */
const AFTER_FAILURE_MS = 5000;

/** Polls an edge for as long as the page lives; a hidden page does not ask. */
export function watchEdge(edge: Edge, tell: (stats: EdgeStats | null) => void): void {
  const ask = async () => {
    let next_ms = EVERY_MS;
    if (!document.hidden) {
      try {
        const response = await fetch(`${edge.url}/_dashpot/stats`, {
          cache: "no-store",
          signal: AbortSignal.timeout(AFTER_FAILURE_MS),
        });
        if (!response.ok) throw new Error(String(response.status));
        tell((await response.json()) as EdgeStats);
      } catch {
        next_ms = AFTER_FAILURE_MS;
        tell(null);
      }
    }
    setTimeout(ask, next_ms);
  };
  void ask();
}

/** The part of a Cache-Status field (RFC 9211) worth a table cell: `hit`, or why the request went on. */
export function shortCacheStatus(field: string): { text: string; tone: string } {
  const parameters = field.split(";").map((part) => part.trim());
  const forwarded = parameters.find((part) => part.startsWith("fwd="))?.slice(4);
  const collapsed = parameters.includes("collapsed");
  if (parameters.includes("hit")) return { text: "hit", tone: "good" };
  if (forwarded !== undefined) {
    return { text: collapsed ? `${forwarded}, joined` : forwarded, tone: collapsed ? "good" : "warn" };
  }
  return { text: field === "" ? "–" : field, tone: "" };
}
