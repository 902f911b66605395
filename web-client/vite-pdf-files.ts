/**
 * The files pdf.js fetches by name while it draws: character maps of Chinese fonts that are not embedded, metrics of the
 * standard fonts, and the decoder for JPEG 2000. They go below /pdfjs/ of the built client.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

/** Folder below /pdfjs/, folder of the package, which of its files. */
const FOLDERS = [
  ["cmaps", "cmaps", /\.bcmap$/],
  ["standard_fonts", "standard_fonts", /\.(pfb|ttf)$/],
  ["decoders", "wasm", /_nowasm_fallback\.js$/],
] as const;

export function pdfFiles(): Plugin {
  const home = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
  const files = new Map<string, string>();
  for (const [below, folder, wanted] of FOLDERS) {
    for (const name of readdirSync(join(home, folder)).filter((name) => wanted.test(name))) {
      files.set(`pdfjs/${below}/${name}`, join(home, folder, name));
    }
  }
  return {
    name: "pdf-files",
    generateBundle() {
      for (const [fileName, path] of files) this.emitFile({ type: "asset", fileName, source: readFileSync(path) });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = files.get((request.url ?? "").replace(/^\//, "").replace(/\?.*$/, ""));
        if (path === undefined) next();
        else response.end(readFileSync(path));
      });
    },
  };
}
