/** Three charts over one time axis: bitrate, buffer and throughput. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { marksPlugin } from "./chart-marks";
import { colours, FONT, onThemeChange } from "./chart-theme";
import { make, setText } from "./dom";
import { CHARTS, type Chart, type Line } from "./chart-specs";
import { clock, NOTHING } from "./format";
import { History, WINDOW_S } from "./history";

const PLOT_HEIGHT_PX = 78;
const AXIS_HEIGHT_PX = 22;

export class Charts {
  private plots: uPlot[] = [];
  private readouts: HTMLElement[][] = [];
  private history = new History();

  constructor(private readonly root: HTMLElement) {
    this.build();
    onThemeChange(() => this.build());
    new ResizeObserver(() => this.resize()).observe(root);
  }

  draw(history: History): void {
    this.history = history;
    const now_s = Math.max(WINDOW_S, history.time_s.at(-1) ?? 0);
    this.plots.forEach((plot, index) => {
      plot.batch(() => {
        plot.setData(dataOf(CHARTS[index]?.lines ?? [], history), false);
        plot.setScale("x", { min: now_s - WINDOW_S, max: now_s });
      });
      this.readOut(index, plot.cursor.idx ?? null);
    });
  }

  private build(): void {
    for (const plot of this.plots) plot.destroy();
    this.root.replaceChildren();
    this.readouts = [];
    this.plots = CHARTS.map((chart, index) => {
      const values = chart.lines.map(() => make("b", "", NOTHING));
      this.readouts.push(values);
      const keys = chart.lines.map((line, at) => {
        const swatch = make("i", line.dash === undefined ? "swatch" : "swatch dashed");
        swatch.style.color = line.colour();
        return make("span", "key", swatch, `${line.label} `, values[at] ?? "");
      });
      const holder = make("div", "plot");
      const caption = make("figcaption", "", make("strong", "", chart.title), ...keys.reverse());
      if (index === 0) caption.append(marksLegend());
      this.root.append(make("figure", "chart", caption, holder));
      return new uPlot(this.options(chart, index), dataOf(chart.lines, this.history), holder);
    });
    this.draw(this.history);
  }

  private options(chart: Chart, index: number): uPlot.Options {
    const last = index === CHARTS.length - 1;
    const grid = { stroke: colours().grid, width: 1 };
    const axis = { stroke: colours().text, font: FONT, grid, ticks: { show: false } };
    return {
      width: this.width(),
      height: PLOT_HEIGHT_PX + (last ? AXIS_HEIGHT_PX : 0),
      padding: [8, 16, last ? 0 : 4, 0],
      legend: { show: false },
      cursor: {
        sync: { key: "session", setSeries: false },
        drag: { x: false, y: false },
        points: { size: 6 },
      },
      scales: { x: { time: false }, y: chart.scale },
      axes: [
        {
          ...axis,
          size: last ? AXIS_HEIGHT_PX : 0,
          values: (_plot, ticks) => ticks.map((tick) => (last ? clock(tick) : "")),
          space: 60,
          incrs: [10, 20, 30, 60],
        },
        {
          ...axis,
          size: 68,
          space: 24,
          ...(chart.splits && { splits: splitsOf(chart.splits) }),
          values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : chart.ticks(tick))),
        },
      ],
      series: [{}, ...chart.lines.map(seriesOf)],
      plugins: [marksPlugin(() => this.history)],
      hooks: { setCursor: [(plot) => this.readOut(index, plot.cursor.idx ?? null)] },
    };
  }

  private readOut(index: number, at: number | null): void {
    CHARTS[index]?.lines.forEach((line, which) => {
      const column = line.column(this.history);
      const value = (at === null ? column.at(-1) : column[at]) ?? null;
      const target = this.readouts[index]?.[which];
      if (target !== undefined) setText(target, line.show(value));
    });
  }

  private resize(): void {
    for (const plot of this.plots) plot.setSize({ width: this.width(), height: plot.height });
  }

  private width(): number {
    return Math.max(240, this.root.clientWidth);
  }
}

function marksLegend(): HTMLElement {
  return make(
    "span",
    "legend",
    make("span", "up", "▲"),
    make("span", "down", "▼"),
    " switch",
    make("i", "stall"),
    "stall",
  );
}

function seriesOf(line: Line): uPlot.Series {
  return {
    stroke: line.colour(),
    width: line.width ?? 2,
    points: { show: false },
    ...(line.dash && { dash: line.dash }),
    ...(line.fill && { fill: line.fill() }),
    ...(line.stepped && uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
  };
}

function dataOf(lines: Line[], history: History): uPlot.AlignedData {
  return [history.time_s, ...lines.map((line) => line.column(history))] as uPlot.AlignedData;
}

function splitsOf(splits: (min: number, max: number) => number[]): uPlot.Axis.Splits {
  return (_plot, _axis, min, max) => splits(min, max);
}
