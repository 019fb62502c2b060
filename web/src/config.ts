/** What the server says can be played and through which edges: `config.json`, checked before use. */

export interface Edge {
  name: string;
  /** Absolute, without a trailing slash. */
  url: string;
  /** Whether this edge shapes the link of single viewers on request. */
  lab: boolean;
}

export interface Asset {
  name: string;
  title: string;
  forms: string[];
  /** How many times the asset is played in a row as one presentation. */
  loop: number;
}

export interface Manifest {
  name: string;
  title: string;
  /** Path on every edge. */
  path: string;
}

export interface Config {
  version: string;
  edges: Edge[];
  originUrl: string | null;
  assets: Asset[];
  manifests: Manifest[];
  /** Path and query, on every edge, of the one MPD a caching gateway stands in front of. */
  mpd: string | null;
}

type Json = Record<string, unknown>;

/** Fetches and checks `config.json`, which lies beside the page. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("config.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`config.json: the server answered ${response.status}`);
  return parseConfig(await response.json());
}

/** Reads a configuration, leaving out entries that lack what they need. */
export function parseConfig(value: unknown): Config {
  const json = object(value);
  const origin = text(object(json.origin).url);
  return {
    version: text(json.version),
    edges: objects(json.edges)
      .map((edge) => ({ name: text(edge.name), url: baseUrl(text(edge.url)), lab: edge.lab === true }))
      .filter((edge) => edge.name !== ""),
    originUrl: origin === "" ? null : baseUrl(origin),
    assets: objects(json.assets)
      .map((asset) => ({
        name: text(asset.name),
        title: text(asset.title) || text(asset.name),
        forms: Array.isArray(asset.forms) ? asset.forms.map(text).filter((form) => form !== "") : [],
        loop: typeof asset.loop === "number" && asset.loop >= 1 ? Math.floor(asset.loop) : 1,
      }))
      .filter((asset) => asset.name !== "" && asset.forms.length > 0),
    manifests: objects(json.manifests)
      .map((manifest) => ({
        name: text(manifest.name),
        title: text(manifest.title) || text(manifest.name),
        path: text(manifest.path),
      }))
      .filter((manifest) => manifest.path !== ""),
    mpd: text(json.mpd) || null,
  };
}

function baseUrl(url: string): string {
  return new URL(url, location.href).href.replace(/\/+$/, "");
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
