/** What the three charts show, top to bottom. */

import type uPlot from "uplot";
import { colours } from "./chart-theme";
import { rate, seconds } from "./format";
import type { History } from "./history";

export interface Line {
  label: string;
  colour: () => string;
  column: (history: History) => (number | null)[];
  show: (value: number | null) => string;
  width?: number;
  dash?: number[];
  fill?: () => string;
  stepped?: boolean;
}

export interface Chart {
  title: string;
  scale: uPlot.Scale;
  /** Where the axis has lines, if not where uPlot would put them. */
  splits?: (min: number, max: number) => number[];
  ticks: (value: number) => string;
  lines: Line[];
}

export const CHARTS: Chart[] = [
  {
    title: "Bitrate",
    scale: { range: (_plot, _min, max) => [0, (max || 1e6) * 1.15] },
    ticks: (value) => (value === 0 ? "0" : rate(value)),
    lines: [
      {
        label: "requested",
        colour: () => colours().requested,
        column: (h) => h.requested_bps,
        show: rate,
        width: 1.5,
        dash: [4, 3],
        stepped: true,
      },
      {
        label: "played",
        colour: () => colours().played,
        column: (h) => h.played_bps,
        show: rate,
        width: 2.5,
        stepped: true,
      },
    ],
  },
  {
    title: "Buffer",
    scale: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.15)] },
    ticks: (value) => `${value} s`,
    lines: [
      {
        label: "ahead",
        colour: () => colours().buffer,
        column: (h) => h.buffer_s,
        show: seconds,
        width: 2,
        fill: () => colours().bufferFill,
      },
    ],
  },
  {
    title: "Throughput",
    scale: { distr: 3, range: (_plot, min, max) => decades(min, max) },
    splits: powersOfTen,
    ticks: rate,
    lines: [
      {
        label: "link limit",
        colour: () => colours().limit,
        column: (h) => h.limit_bps,
        show: rate,
        width: 1.5,
        dash: [6, 4],
        stepped: true,
      },
      {
        label: "measured",
        colour: () => colours().throughput,
        column: (h) => h.throughput_bps,
        show: rate,
        width: 2,
      },
    ],
  },
];

function powersOfTen(min: number, max: number): number[] {
  const powers = [];
  for (let value = min; value <= max * 1.001; value *= 10) powers.push(value);
  return powers;
}

/** Whole decades around the values; at least one, so that an axis has two ends. */
function decades(min: number | null, max: number | null): [number, number] {
  const low = Math.floor(Math.log10(Math.max(1e4, min ?? 1e5)));
  const high = Math.ceil(Math.log10(Math.max(1e5, (max ?? 1e7) * 1.01)));
  return [10 ** low, 10 ** Math.max(low + 1, high)];
}
