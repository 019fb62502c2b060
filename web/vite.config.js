import { defineConfig } from "vite";

// Where `npm run dev` finds a running dashpot, which answers config.json; its edges answer the rest themselves.
const upstream = process.env.DASHPOT_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  // The page is embedded in the binary and may be mounted under any path, so no address in it is absolute.
  base: "./",
  build: {
    target: "es2022",
    outDir: "dist",
    // Inlined assets would need `data:` in a content security policy; the page has none worth inlining.
    assetsInlineLimit: 0,
    // dash.js alone is larger than the default warning threshold.
    chunkSizeWarningLimit: 1200,
    // The page for people, and the one on which `dashpot bench --browser` has dash.js play.
    rollupOptions: { input: ["index.html", "bench.html"], output: { manualChunks: { dashjs: ["dashjs"], uplot: ["uplot"] } } },
  },
  server: { proxy: { "/config.json": upstream } },
});
