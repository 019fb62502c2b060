/** Which representation is in the picture: remembers where in the film each arrived segment lies. */

export interface Rung {
  id: string;
  width: number;
  height: number;
  bitrate_bps: number;
}

interface Span {
  start_s: number;
  end_s: number;
  id: string;
}

/** Two hours of two-second segments; older spans are far behind the playhead by then. */
const SPANS_MAX = 3600;

export class ArrivedSegments {
  private spans: Span[] = [];
  private current: Span | null = null;

  add(start_s: number, duration_s: number, id: string): void {
    const end_s = start_s + duration_s;
    // A segment that replaces buffered ones takes their place.
    this.spans = this.spans.filter((span) => span.start_s < start_s - 0.01 || end_s + 0.01 < span.end_s);
    this.spans.push({ start_s, end_s, id });
    if (this.spans.length > SPANS_MAX) this.spans.shift();
  }

  /**
   * Returns the id of the representation in the picture at this moment of the film: of the segments
   * there, the latest arrival. But one that comes to replace the segment that is being shown is not
   * seen, since a decoder stays with a group of pictures once it began it; only a seek makes it begin
   * again.
   */
  shown(time_s: number, seeking: boolean): string | null {
    if (seeking || this.current === null || !covers(this.current, time_s)) {
      this.current = this.spans.findLast((span) => covers(span, time_s)) ?? null;
    }
    return this.current?.id ?? null;
  }
}

/**
 * Returns the rung in the picture: the one whose segment is there, unless the decoder says another
 * size. At the start of a film it has begun with a segment that another one has replaced since.
 */
export function seenRung(
  rungs: readonly Rung[],
  arrivedId: string | null,
  width: number,
  height: number,
): Rung | undefined {
  const arrived = rungs.find((rung) => rung.id === arrivedId);
  const decoded = rungs.filter((rung) => rung.width === width && rung.height === height);
  return arrived === undefined || decoded.length === 0 || decoded.includes(arrived) ? arrived : decoded[0];
}

/** Whether a segment holds this moment of the film; rounding must not lose its first frame. */
function covers(span: Span, time_s: number): boolean {
  return span.start_s <= time_s + 0.001 && time_s < span.end_s;
}
