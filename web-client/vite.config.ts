import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { pdfFiles } from "./vite-pdf-files.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.AIRCLASS_SERVER ?? "http://127.0.0.1:8080";
const proxied = Object.fromEntries(
  ["/api", "/whip", "/whep", "/media"].map((path) => [path, { target: server }]),
);
const proxy = { ...proxied, "/ws": { target: server, ws: true } };

export default defineConfig({
  plugins: [svelte(), pdfFiles()],
  resolve: {
    alias: { $lib: here("./src/lib"), $components: here("./src/components"), $locales: here("./src/locales") },
  },
  build: {
    target: "es2022",
    // The server's Content-Security-Policy knows no data: URLs, so every asset is a file.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
  },
  server: { proxy, fs: { allow: [here("..")] } },
  preview: { proxy },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
