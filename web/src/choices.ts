/** What the visitor chose: read from the address, kept in it, and turned into the MPD's URL. */

import type { Config } from "./config";

/** How dash.js picks a representation; the last two switch adaptation off. */
export const STRATEGIES = {
  dynamic: "Dynamic (rate and buffer)",
  throughput: "Throughput (rate)",
  bola: "BOLA (buffer)",
  lowest: "Off: lowest rung",
  highest: "Off: highest rung",
} as const;
export type Strategy = keyof typeof STRATEGIES;

export const FORMS: Record<string, string> = {
  number: "Template, $Number$",
  time: "Timeline, $Time$",
  base: "SegmentBase, sidx",
  list: "SegmentList",
};

/** Buffer targets offered: below 4 s a two-second segment leaves no room to adapt. */
const BUFFER_S_MIN = 4;
const BUFFER_S_MAX = 60;
/** Long enough to show rate adaptation at work, short enough to fill within the first minute. */
const BUFFER_S_DEFAULT = 16;

export interface Choices {
  edge: string;
  /** `asset:NAME`, `manifest:NAME`, `proxied` or `address`. */
  source: string;
  form: string;
  strategy: Strategy;
  buffer_s: number;
  /** The MPD in the page's own address, when the source is `address`. */
  mpdUrl: string | null;
}

/** The link a page's address asks for. */
export interface Preset {
  rate_bps: number | null;
  autoplay: boolean;
}

/** Reads `?edge=&asset=&form=&abr=&buffer=&mpd=`, falling back to the first of what the server offers. */
export function readChoices(query: URLSearchParams, config: Config): Choices {
  const sources = sourcesOf(config);
  const named = query.get("asset") ?? "";
  const mpdUrl = query.get("mpd");
  const source = mpdUrl !== null ? "address" : sources.find((entry) => entry.split(":")[1] === named);
  const strategy = query.get("abr") ?? "";
  const buffer_s = Math.round(Number(query.get("buffer") ?? BUFFER_S_DEFAULT)) || BUFFER_S_DEFAULT;
  const edge = config.edges.find((entry) => entry.name === query.get("edge")) ?? config.edges[0];
  return {
    edge: edge?.name ?? "",
    source: source ?? sources[0] ?? "",
    form: query.get("form") ?? "number",
    strategy: Object.hasOwn(STRATEGIES, strategy) ? (strategy as Strategy) : "dynamic",
    buffer_s: Math.min(BUFFER_S_MAX, Math.max(BUFFER_S_MIN, buffer_s)),
    mpdUrl,
  };
}

export function readPreset(query: URLSearchParams): Preset {
  const rate_bps = Number(query.get("rate_bps"));
  return { rate_bps: rate_bps > 0 ? rate_bps : null, autoplay: query.get("autoplay") === "1" };
}

/** Writes the choices into the address, so that it can be copied, without a history entry. */
export function keepInAddress(choices: Choices, rate_bps: number | null): void {
  const query = new URLSearchParams();
  query.set("edge", choices.edge);
  if (choices.mpdUrl !== null) query.set("mpd", choices.mpdUrl);
  const name = choices.source.split(":")[1];
  if (name !== undefined) query.set("asset", name);
  query.set("form", choices.form);
  query.set("abr", choices.strategy);
  query.set("buffer", String(choices.buffer_s));
  if (rate_bps !== null) query.set("rate_bps", String(rate_bps));
  history.replaceState(null, "", `?${query}`);
}

/** Every source the server offers, assets first. */
export function sourcesOf(config: Config): string[] {
  return [
    ...(config.mpd === null ? [] : ["proxied"]),
    ...config.assets.map((asset) => `asset:${asset.name}`),
    ...config.manifests.map((manifest) => `manifest:${manifest.name}`),
  ];
}

/** Returns the MPD forms of the chosen source; only assets have any. */
export function formsOf(choices: Choices, config: Config): string[] {
  return config.assets.find((asset) => choices.source === `asset:${asset.name}`)?.forms ?? [];
}

/** Returns the URL of the chosen MPD through an edge, under the prefix of the visitor's own link. */
export function mpdUrlOf(choices: Choices, config: Config, edgeUrl: string, prefix: string): string | null {
  const root = edgeUrl + prefix;
  if (choices.source === "address") return choices.mpdUrl;
  if (choices.source === "proxied") return config.mpd === null ? null : join(root, config.mpd);
  const manifest = config.manifests.find((entry) => choices.source === `manifest:${entry.name}`);
  if (manifest !== undefined) return join(root, manifest.path);
  const asset = config.assets.find((entry) => choices.source === `asset:${entry.name}`);
  if (asset === undefined) return null;
  const form = asset.forms.includes(choices.form) ? choices.form : asset.forms[0];
  const looped = asset.loop > 1 ? `loop_${asset.loop}/` : "";
  return join(root, `vod/${encodeURIComponent(asset.name)}/${looped}${form}.mpd`);
}

function join(root: string, path: string): string {
  return `${root}/${path.replace(/^\/+/, "")}`;
}
