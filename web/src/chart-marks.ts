/** A uPlot plugin that draws stalls as bands behind, and switches as lines in front of, a chart. */

import type uPlot from "uplot";
import type { History } from "./history";
import { colours } from "./chart-theme";

export function marksPlugin(history: () => History): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => drawBands(plot, history()),
      draw: (plot) => drawSwitches(plot, history()),
    },
  };
}

/** Narrower bands would vanish: a stall of a tenth of a second is still a stall. */
const BAND_PX_MIN = 3;

function drawBands(plot: uPlot, history: History): void {
  clipped(plot, (context) => {
    context.fillStyle = colours().stall;
    for (const band of history.bands) {
      const left = plot.valToPos(band.from_s, "x", true);
      const width = Math.max(BAND_PX_MIN, plot.valToPos(band.to_s, "x", true) - left);
      context.fillRect(left, plot.bbox.top, width, plot.bbox.height);
    }
  });
}

function drawSwitches(plot: uPlot, history: History): void {
  const arrow = 4 * devicePixelRatio;
  clipped(plot, (context) => {
    context.lineWidth = devicePixelRatio;
    for (const mark of history.marks) {
      const x = Math.round(plot.valToPos(mark.at_s, "x", true)) + 0.5;
      const colour = mark.kind === "up" ? colours().up : colours().down;
      context.strokeStyle = colour;
      context.fillStyle = colour;
      context.globalAlpha = 0.45;
      context.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      context.beginPath();
      context.moveTo(x, plot.bbox.top);
      context.lineTo(x, plot.bbox.top + plot.bbox.height);
      context.stroke();
      context.globalAlpha = 1;
      const [tip, foot] = mark.kind === "up" ? [0, arrow * 1.6] : [arrow * 1.6, 0];
      context.beginPath();
      context.moveTo(x, plot.bbox.top + tip);
      context.lineTo(x - arrow, plot.bbox.top + foot);
      context.lineTo(x + arrow, plot.bbox.top + foot);
      context.fill();
    }
  });
}

function clipped(plot: uPlot, draw: (context: CanvasRenderingContext2D) => void): void {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.save();
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
  draw(plot.ctx);
  plot.ctx.restore();
}
