import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The running query API that `npm run dev` talks to.
const api = process.env.ARCWATCH_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  // Files are named relative to the page: the server may be reached below any path.
  base: "./",
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "../src/query_api/static/dashboard",
    emptyOutDir: true,
    // light-dark() must reach the browser as it is written.
    target: ["chrome123", "firefox128", "safari17.5"],
    // Inlined files would be data: URLs, which the page's policy refuses for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // On a slow machine they would look like warnings.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: { host: "127.0.0.1", proxy: { "/api": api } },
});
