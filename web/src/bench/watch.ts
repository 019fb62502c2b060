/** What dash.js says of its requests and choices, passed on. */

import { MediaPlayer, type MediaPlayerClass, type Representation } from "dashjs";
import type { Teller } from "./teller";

type Kind = "video" | "audio";

interface Request {
  type: string | null;
  mediaType: string;
  url: string | null;
  startTime: number;
  bytesLoaded: number;
  startDate: Date | null;
  firstByteDate: Date | null;
  endDate: Date | null;
  representation?: Representation | null;
}

interface LoadingEvent {
  request: Request;
  response?: ArrayBuffer | null;
  error?: unknown;
}

interface ChangeEvent {
  mediaType: string;
  newRepresentation: Representation | null;
  reason: { message?: string; state?: string } | null;
}

/** Why a representation was chosen, until it is asked for. */
type Reasons = Map<Kind, { id: string; rule: string | null }>;

/** Tells what dash.js does from here on; returns what tells of the requests that the end cuts. */
export function listen(player: MediaPlayerClass, teller: Teller): () => void {
  const reasons: Reasons = new Map();
  const underWay = new Set<Request>();
  const on = (type: string, listener: (event: never) => void) =>
    player.on(type, listener as (event: { type: string }) => void);
  const events = MediaPlayer.events;
  on(events.QUALITY_CHANGE_REQUESTED, ({ mediaType, newRepresentation, reason }: ChangeEvent) => {
    const kind = kindOf(mediaType);
    if (kind !== null && newRepresentation) reasons.set(kind, { id: newRepresentation.id, rule: ruleOf(reason) });
  });
  on(events.FRAGMENT_LOADING_STARTED, ({ request }: LoadingEvent) => {
    const segment = segmentOf(request);
    if (segment === null) return;
    underWay.add(request);
    const reason = reasons.get(segment.media);
    reasons.delete(segment.media);
    teller.tell({
      what: "asked",
      ...segment,
      ...levels(player, segment.media),
      throughput_kbps: number(player.getAverageThroughput(segment.media)),
      rule: reason?.id === segment.representation ? reason.rule : null,
    });
  });
  on(events.FRAGMENT_LOADING_COMPLETED, ({ request, response, error }: LoadingEvent) => {
    const segment = segmentOf(request);
    if (segment === null || !underWay.delete(request)) return;
    if (error || !response) {
      teller.tell({ what: "failed", ...segment, why: textOf(error) });
    } else {
      const bytes = response.byteLength;
      teller.tell({ what: "arrived", ...segment, bytes, ...timesOf(request), ...levels(player, segment.media) });
    }
  });
  on(events.FRAGMENT_LOADING_ABANDONED, ({ request }: LoadingEvent) => {
    if (underWay.delete(request)) tellOfPart(teller, "abandoned", request);
  });
  const over = ({ error }: { error?: unknown }) => teller.tell({ what: "error", why: textOf(error) });
  on(events.ERROR, over);
  on(events.PLAYBACK_ERROR, over);
  return () => underWay.forEach((request) => tellOfPart(teller, "cut", request));
}

function tellOfPart(teller: Teller, what: string, request: Request): void {
  const segment = segmentOf(request);
  if (segment !== null) teller.tell({ what, ...segment, bytes: number(request.bytesLoaded) ?? 0 });
}

/** The segment that a request is for; null for everything that is no segment of media. */
function segmentOf(request: Request): { media: Kind; representation: string; start_s: number } | null {
  const media = kindOf(request.mediaType);
  if (media === null || request.type !== "MediaSegment" || !request.representation) return null;
  return { media, representation: request.representation.id, start_s: Math.max(0, request.startTime) };
}

function kindOf(mediaType: string): Kind | null {
  return mediaType === "video" || mediaType === "audio" ? mediaType : null;
}

function levels(player: MediaPlayerClass, media: Kind): { buffer_s: number } {
  return { buffer_s: Math.max(0, number(player.getBufferLength(media)) ?? 0) };
}

/** From the request to its last and its first byte: by Resource Timing, or by dash.js's own dates. */
function timesOf(request: Request): { took_ms: number; first_byte_ms: number | null } {
  const entry = performance.getEntriesByName(request.url ?? "", "resource").at(-1);
  if (entry instanceof PerformanceResourceTiming && 0 < entry.responseStart) {
    return { took_ms: entry.responseEnd - entry.startTime, first_byte_ms: entry.responseStart - entry.startTime };
  }
  const since = (date: Date | null) =>
    date !== null && request.startDate !== null ? date.getTime() - request.startDate.getTime() : null;
  return { took_ms: Math.max(0, since(request.endDate) ?? 0), first_byte_ms: since(request.firstByteDate) };
}

/** The rule that asked for a change, as far as dash.js says: only BOLA's reasons have a state. */
function ruleOf(reason: ChangeEvent["reason"]): string | null {
  if (reason === null) return null;
  return /^\[(\w+)\]/.exec(reason.message ?? "")?.[1] ?? (reason.state === undefined ? null : "BolaRule");
}

function number(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function textOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return (typeof message === "string" ? message : String(error ?? "no answer")).slice(0, 200);
}
