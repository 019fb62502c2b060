// The page's own rules, without a browser: Vite turns the modules into JavaScript.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createServer } from "vite";

let vite;
const load = (name) => vite.ssrLoadModule(`/src/${name}.ts`);

before(async () => {
  vite = await createServer({
    server: { middlewareMode: true, ws: false },
    optimizeDeps: { noDiscovery: true, include: [] },
    appType: "custom",
    logLevel: "error",
  });
});

after(() => vite.close());

describe("format", () => {
  it("writes rates and sizes with at most three figures", async () => {
    const { rate, size, clock, percent } = await load("format");
    const cases = [
      [rate(null), "–"],
      [rate(0), "0 bit/s"],
      [rate(999), "999 bit/s"],
      [rate(120_000), "120 kbit/s"],
      [rate(1_500_000), "1.5 Mbit/s"],
      [rate(2_000_000_000_000), "2000 Gbit/s"],
      [size(1023), "1023 B"],
      [size(1536), "1.5 KiB"],
      [size(512 * 1024 * 1024), "512 MiB"],
      [clock(0), "0:00"],
      [clock(125.4), "2:05"],
      [percent(0), "0 %"],
      [percent(0.5), "50.0 %"],
      [percent(1), "100 %"],
    ];
    for (const [got, expected] of cases) assert.equal(got, expected);
  });
});

describe("rungs", () => {
  const arrivedSegments = async () => {
    const { ArrivedSegments } = await load("rungs");
    const arrived = new ArrivedSegments();
    arrived.add(0, 2, "v1");
    arrived.add(2, 2, "v1");
    arrived.add(2, 2, "v3");
    return arrived;
  };

  it("finds the latest arrival at a moment of the film", async () => {
    const arrived = await arrivedSegments();
    const shown = [0, 1.9, 2, 3.9, 4].map((time_s) => arrived.shown(time_s, false));
    assert.deepEqual(shown, ["v1", "v1", "v3", "v3", null]);
  });

  it("believes the decoder where it shows another size than what arrived last", async () => {
    const { seenRung } = await load("rungs");
    const rungs = [
      { id: "v1", width: 320, height: 180 },
      { id: "v2", width: 640, height: 360 },
      { id: "v3", width: 640, height: 360 },
    ];
    const seen = (id, width, height) => seenRung(rungs, id, width, height)?.id;
    assert.equal(seen("v3", 320, 180), "v1");
    assert.equal(seen("v3", 640, 360), "v3");
    assert.equal(seen("v2", 640, 360), "v2");
    assert.equal(seen("v1", 0, 0), "v1");
    assert.equal(seen(null, 320, 180), undefined);
  });

  it("stays with the segment in the picture until a seek", async () => {
    const arrived = await arrivedSegments();
    assert.equal(arrived.shown(0.5, false), "v1");
    arrived.add(0, 2, "v5");
    assert.equal(arrived.shown(0.6, false), "v1");
    assert.equal(arrived.shown(0.6, true), "v5");
  });
});

describe("stalls", () => {
  const video = (currentTime, buffered_s, more = {}) => ({
    currentTime,
    duration: 60,
    paused: false,
    seeking: false,
    ended: false,
    buffered: { length: 1, start: () => 0, end: () => buffered_s },
    ...more,
  });

  it("counts a stall from the last look at which the film ran", async () => {
    const { StallMeter } = await load("stalls");
    const looks = [
      // Start-up is no stall.
      [0, video(0, 0)],
      [250, video(0, 0)],
      [500, video(0.1, 8)],
      [750, video(0.35, 8)],
      // The playhead stands still for two looks: one stall.
      [1000, video(0.35, 8)],
      [1250, video(0.35, 8)],
      [1500, video(0.6, 8)],
      // The sound goes on where no picture is left: a stall too.
      [1750, video(0.85, 0.7)],
      [2000, video(1.1, 8)],
      // A pause is none.
      [2250, video(1.1, 8, { paused: true })],
      [2500, video(1.1, 8)],
    ];
    const meter = new StallMeter();
    for (const [now_ms, element] of looks) meter.look(now_ms, element);
    assert.deepEqual(meter.stalls, { count: 2, total_ms: 750 });
  });
});

describe("choices", () => {
  const config = {
    version: "",
    edges: [
      { name: "a", url: "http://a", lab: true },
      { name: "b", url: "http://b", lab: false },
    ],
    originUrl: null,
    assets: [
      { name: "film", title: "Film", forms: ["number", "base"], loop: 8 },
      { name: "once", title: "Once", forms: ["time"], loop: 1 },
    ],
    manifests: [{ name: "two", title: "Two", path: "/manifests/two.mpd" }],
    mpd: null,
  };

  it("turns the page's address into the MPD's", async () => {
    const { readChoices, mpdUrlOf } = await load("choices");
    const cases = [
      ["", "http://e/_v/1/vod/film/loop_8/number.mpd"],
      ["form=base", "http://e/_v/1/vod/film/loop_8/base.mpd"],
      ["form=unknown", "http://e/_v/1/vod/film/loop_8/number.mpd"],
      ["asset=once", "http://e/_v/1/vod/once/time.mpd"],
      ["asset=two", "http://e/_v/1/manifests/two.mpd"],
      ["asset=unknown", "http://e/_v/1/vod/film/loop_8/number.mpd"],
      ["mpd=http://x/y.mpd", "http://x/y.mpd"],
    ];
    for (const [query, expected] of cases) {
      const choices = readChoices(new URLSearchParams(query), config);
      assert.equal(mpdUrlOf(choices, config, "http://e", "/_v/1"), expected, query);
    }
  });

  it("keeps what it reads within what the page offers", async () => {
    const { readChoices } = await load("choices");
    const read = (query) => readChoices(new URLSearchParams(query), config);
    assert.equal(read("edge=b").edge, "b");
    assert.equal(read("edge=c").edge, "a");
    assert.equal(read("abr=bola").strategy, "bola");
    assert.equal(read("abr=toString").strategy, "dynamic");
    assert.deepEqual(
      ["buffer=8", "buffer=1", "buffer=1e9", "buffer=x"].map((query) => read(query).buffer_s),
      [8, 4, 60, 16],
    );
  });
});

describe("Cache-Status", () => {
  it("is cut down to what fits a cell", async () => {
    const { shortCacheStatus } = await load("edge-stats");
    const cases = [
      ["edge-1; hit; ttl=60", "hit"],
      ["edge-1; fwd=uri-miss; fwd-status=200; stored", "uri-miss"],
      ["edge-1; fwd=uri-miss; collapsed", "uri-miss, joined"],
      ["", "–"],
    ];
    // RFC 9211 §2: the cache's name first, then parameters.
    for (const [field, expected] of cases) assert.equal(shortCacheStatus(field).text, expected);
  });
});
