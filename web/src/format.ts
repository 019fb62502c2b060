/** Numbers as people read them. Rates count bits, sizes count bytes in powers of 1024. */

const RATE_UNITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"];
const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Shown where there is no value yet. */
export const NOTHING = "–";

export function rate(bps: number | null): string {
  return scaled(bps, 1000, RATE_UNITS);
}

export function size(bytes: number | null): string {
  return scaled(bytes, 1024, SIZE_UNITS);
}

export function seconds(value: number | null): string {
  return value === null ? NOTHING : `${value.toFixed(1)} s`;
}

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio < 0.9995 && ratio > 0 ? 1 : 0)} %`;
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

/** Minutes and seconds of a session, as on a clock. */
export function clock(value_s: number): string {
  const whole = Math.max(0, Math.round(value_s));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The name of a language in English, or its tag where the browser does not know it. */
export function language(tag: string | null): string {
  if (tag === null || tag === "" || tag === "und") return "Unknown";
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

function scaled(value: number | null, base: number, units: string[]): string {
  if (value === null || !Number.isFinite(value)) return NOTHING;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${trimmed(value.toFixed(digits))} ${units[unit]}`;
}

function trimmed(number: string): string {
  return number.includes(".") ? number.replace(/\.?0+$/, "") : number;
}
