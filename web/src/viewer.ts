/** This page's own link on an edge: the lab's `viewers` endpoints. */

import type { Edge } from "./config";

/** What the link between page and edge is held to. */
export interface Link {
  /** Null leaves the rate open. */
  rate_bps: number | null;
  latency_ms: number;
  /** Share of segment requests answered 503, 0 to 1. */
  loss_ratio: number;
}

export const OPEN_LINK: Link = { rate_bps: null, latency_ms: 0, loss_ratio: 0 };

export interface Viewer {
  edge: Edge;
  id: string;
  /** Path prefix of every URL that goes through this viewer's link. */
  prefix: string;
}

/** An edge's answers come from memory; one that takes longer than this is as good as gone. */
const ANSWER_MS_MAX = 5000;

/** Opens a link of its own for this page on an edge that has a lab. */
export async function openViewer(edge: Edge): Promise<Viewer> {
  const json = await call(edge, "POST", "");
  const { viewer, prefix } = json as { viewer?: unknown; prefix?: unknown };
  if (typeof viewer !== "string" || typeof prefix !== "string") {
    throw new Error("the edge's answer names no viewer");
  }
  return { edge, id: viewer, prefix };
}

/** Holds the viewer's link to `link`; returns the state now in force. */
export async function limitViewer(viewer: Viewer, link: Link): Promise<Link> {
  const json = await call(viewer.edge, "PUT", `/${viewer.id}`, JSON.stringify(link));
  const state = json as Partial<Link>;
  return {
    rate_bps: typeof state.rate_bps === "number" ? state.rate_bps : null,
    latency_ms: Number(state.latency_ms ?? 0),
    loss_ratio: Number(state.loss_ratio ?? 0),
  };
}

/** Gives the link back. The edge evicts idle viewers anyway, so a failure does not matter. */
export function closeViewer(viewer: Viewer): void {
  const url = `${viewer.edge.url}/_dashpot/lab/viewers/${viewer.id}`;
  fetch(url, { method: "DELETE", keepalive: true }).catch(() => undefined);
}

async function call(edge: Edge, method: string, path: string, body?: string): Promise<unknown> {
  const init: RequestInit = { method, signal: AbortSignal.timeout(ANSWER_MS_MAX) };
  if (body !== undefined) {
    init.body = body;
    init.headers = { "Content-Type": "application/json" };
  }
  const response = await fetch(`${edge.url}/_dashpot/lab/viewers${path}`, init);
  if (!response.ok) throw new Error(`${method} viewers: the edge answered ${response.status}`);
  return response.json();
}
