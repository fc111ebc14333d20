import { existsSync, readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const MODULES = new URL("./node_modules/", import.meta.url);
const WORKLET = new URL("spessasynth_lib/dist/spessasynth_processor.min.js", MODULES);

/** The synthesizer's audio worklet, and the licences of all that the page is built of, beside the page. */
const beside: Plugin = {
  name: "beside",
  generateBundle(_, bundle) {
    const worklet = punctual(readFileSync(WORKLET, "utf8")).replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
    this.emitFile({ type: "asset", fileName: "synthesizer-worklet.js", source: worklet });
    const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
    const names = modules.map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]).filter((name) => name !== undefined);
    this.emitFile({ type: "asset", fileName: "licences.txt", source: [...new Set(names)].sort().map(licence).join("\n\n") });
  },
};

/** The worklet with the context's clock: its own begins with the one of its scope, which stands still before, and stays behind. */
function punctual(source: string): string {
  const before = "process(e,t){return this.core.process(e,t)}";
  if (source.split(before).length !== 2) throw new Error("the synthesizer's worklet is another: see how it keeps time");
  return source.replace(before, "process(e,t){this.core.synthesizer.synthCore.currentTime=currentTime;return this.core.process(e,t)}");
}

function licence(name: string): string {
  const file = ["LICENSE", "LICENSE.md", "license"].map((each) => new URL(`${name}/${each}`, MODULES)).find((each) => existsSync(each));
  if (!file) throw new Error(`${name} has no licence: look before it is shipped`);
  return `# ${name}\n\n${readFileSync(file, "utf8").trim()}\n`;
}

export default defineConfig({
  plugins: [svelte(), beside],
  base: "./",
  build: {
    outDir: "../src/firmus/studio/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    // Names without hashes keep the differences between builds small.
    rolldownOptions: {
      output: { entryFileNames: "studio.js", chunkFileNames: "[name].js", assetFileNames: "[name][extname]" },
    },
  },
  worker: { rolldownOptions: { output: { entryFileNames: "[name].js" } } },
  server: { proxy: { "/v1": "http://127.0.0.1:8340", "/soundfont.sf3": "http://127.0.0.1:8340" } },
});
