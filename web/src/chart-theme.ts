/** The charts' colours and fonts, taken from the page's custom properties so that both themes fit. */

export interface Colours {
  text: string;
  grid: string;
  played: string;
  requested: string;
  buffer: string;
  bufferFill: string;
  throughput: string;
  limit: string;
  stall: string;
  up: string;
  down: string;
}

let cached: Colours | null = null;

export function colours(): Colours {
  if (cached === null) {
    const style = getComputedStyle(document.documentElement);
    const value = (name: string) => style.getPropertyValue(name).trim();
    cached = {
      text: value("--muted"),
      grid: value("--grid"),
      played: value("--played"),
      requested: value("--requested"),
      buffer: value("--buffer"),
      bufferFill: value("--buffer-fill"),
      throughput: value("--throughput"),
      limit: value("--limit"),
      stall: value("--stall-fill"),
      up: value("--good"),
      down: value("--bad"),
    };
  }
  return cached;
}

/** Calls back when the system changes between light and dark. */
export function onThemeChange(changed: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    cached = null;
    changed();
  });
}

export const FONT = "11px system-ui, sans-serif";
