/** One edge's panel: how full, how busy, how useful its cache is, and its last requests. */

import type { Edge } from "./config";
import { make, setText } from "./dom";
import { shortCacheStatus, watchEdge, type EdgeRequest, type EdgeStats } from "./edge-stats";
import { count, percent, size } from "./format";

/** As many as fit a screen beside the player; the edge keeps more. */
const ROWS = 12;
const COLUMNS = ["Time", "Path", "Status", "Cache", "Bytes", "Took"];

export class EdgePanel {
  private readonly figures = new Map<string, HTMLElement>();
  private readonly fill = make("i");
  private readonly meter = make("div", "meter", this.fill);
  private readonly rows = make("tbody");
  private readonly health = make("span", "health", "asking…");
  private readonly root: HTMLElement;

  constructor(edge: Edge, parent: HTMLElement, viewer: () => string | null) {
    const title = make("h2", "", `${edge.name} `, make("small", "", new URL(edge.url).host));
    const figures = make("dl", "figures");
    for (const name of ["Hit ratio", "Requests", "To clients", "From origin", "Saved", "Objects"]) {
      const value = make("dd", "", "–");
      this.figures.set(name, value);
      figures.append(make("div", "", make("dt", "", name), value));
    }
    this.meter.setAttribute("role", "meter");
    this.meter.setAttribute("aria-label", "Cache fill");
    const cache = make("div", "cache", make("span", "", "Cache"), this.meter, this.figure("fill"));
    const head = make("thead", "", make("tr", "", ...COLUMNS.map(headerCell)));
    const table = make("table", "", make("caption", "visually-hidden", "Last requests"), head, this.rows);
    const scroller = make("div", "scroller", table);
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "region");
    scroller.setAttribute("aria-label", `Last requests of edge ${edge.name}`);
    this.root = make(
      "article",
      "edge card",
      make("header", "", title, this.health),
      figures,
      cache,
      scroller,
    );
    parent.append(this.root);
    watchEdge(edge, (stats) => (stats === null ? this.drawGone() : this.draw(stats, viewer())));
  }

  private draw(stats: EdgeStats, viewer: string | null): void {
    this.root.classList.remove("gone");
    const filling = 0 < stats.fills_running ? ` · ${stats.fills_running} filling` : "";
    setText(this.health, `up${filling}`);
    const saved = stats.bytes_to_clients - stats.bytes_from_origin;
    this.set("Hit ratio", stats.requests === 0 ? "–" : percent(stats.hit_ratio));
    this.set("Requests", count(stats.requests));
    this.set("To clients", size(stats.bytes_to_clients));
    this.set("From origin", size(stats.bytes_from_origin));
    this.set("Saved", saved <= 0 ? "–" : size(saved));
    this.set("Objects", count(stats.objects));
    const filled = stats.cache_bytes_max === 0 ? 0 : stats.cache_bytes / stats.cache_bytes_max;
    this.fill.style.width = `${Math.min(100, filled * 100)}%`;
    this.meter.setAttribute("aria-valuenow", (filled * 100).toFixed(1));
    this.set("fill", `${size(stats.cache_bytes)} of ${size(stats.cache_bytes_max)}`);
    const rows = stats.recent.slice(0, ROWS).map((request) => rowOf(request, viewer));
    this.rows.replaceChildren(...(rows.length === 0 ? [emptyRow()] : rows));
  }

  private drawGone(): void {
    this.root.classList.add("gone");
    setText(this.health, "does not answer");
  }

  private figure(name: string): HTMLElement {
    const value = make("span", "value", "–");
    this.figures.set(name, value);
    return value;
  }

  private set(name: string, text: string): void {
    const value = this.figures.get(name);
    if (value !== undefined) setText(value, text);
  }
}

function headerCell(name: string): HTMLElement {
  const cell = make("th", "", name);
  cell.scope = "col";
  return cell;
}

function emptyRow(): HTMLElement {
  const cell = make("td", "empty", "No requests yet");
  cell.colSpan = COLUMNS.length;
  return make("tr", "", cell);
}

function rowOf(request: EdgeRequest, viewer: string | null): HTMLElement {
  const cache = shortCacheStatus(request.cache_status);
  const cacheCell = make("td", "", cache.text);
  cacheCell.dataset.tone = cache.tone;
  cacheCell.title = request.cache_status;
  const path = make("td", "path", make("bdi", "", request.path));
  path.title = `${request.method} ${request.path}`;
  const status = make("td", "", String(request.status));
  status.dataset.tone = request.status < 400 ? "" : "bad";
  const mine = viewer !== null && request.viewer === viewer;
  const row = make(
    "tr",
    mine ? "mine" : "",
    make("td", "", new Date(request.unix_ms).toTimeString().slice(0, 8)),
    path,
    status,
    cacheCell,
    make("td", "number", size(request.bytes)),
    make("td", "number", `${Math.round(request.took_ms)} ms`),
  );
  if (mine) row.title = "Asked by this page";
  return row;
}
