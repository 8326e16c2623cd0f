// Builds app/client into app/static/dist: hashed names, a manifest for Flask, compressed twins for WhiteNoise.
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig } from "vite";

const client = resolve(import.meta.dirname, "app/client");
const dist = resolve(import.meta.dirname, "app/static/dist");
const icons = resolve(import.meta.dirname, "node_modules/@tabler/icons/icons");
const font = resolve(import.meta.dirname, "node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf");

/** Writes one SVG holding the icons named in src/icons.json, and the site's icon. */
function pictures() {
  return {
    name: "guanjia-pictures",
    apply: "build",
    buildStart() {
      const list = join(client, "src/icons.json");
      const favicon = join(client, "src/favicon.svg");
      this.addWatchFile(list);
      this.emitFile({ type: "asset", name: "icons.svg", originalFileName: "src/icons.svg", source: sprite(list) });
      this.emitFile({ type: "asset", name: "favicon.svg", originalFileName: "src/favicon.svg", source: readFileSync(favicon, "utf8") });
    },
  };
}

function sprite(list) {
  const symbols = JSON.parse(readFileSync(list, "utf8")).map((name) => {
    const filled = name.endsWith("-filled");
    const file = filled ? `filled/${name.slice(0, -"-filled".length)}.svg` : `outline/${name}.svg`;
    const svg = readFileSync(join(icons, file), "utf8");
    const paint = filled ? ' fill="currentColor" stroke="none"' : "";
    const drawing = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24"${paint}>${drawing}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

/** Brings the font of the PDFs along: the server puts those of its signs into each that it needs. */
function paperFont() {
  return {
    name: "guanjia-paper-font",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "asset", name: "paper.ttf", originalFileName: "src/paper.ttf", source: readFileSync(font) });
    },
  };
}

/** Lets CodeMirror add its rules without a style element, which the content policy refuses. */
function adoptedStyles() {
  const own = "!root.head && root.adoptedStyleSheets";
  return {
    name: "guanjia-adopted-styles",
    transform(code, id) {
      if (!/style-mod[\\/](src|dist)[\\/]/.test(id)) return null;
      if (!code.includes(own)) this.error("style-mod reads differently now: see that it adds no style element");
      return { code: code.replace(own, "root.adoptedStyleSheets"), map: null };
    },
  };
}

/** dmn-js writes styles into its markup, which the content policy refuses: `draft-parts.css` has them instead. */
function stylesApart() {
  return {
    name: "guanjia-styles-apart",
    transform(code, id) {
      if (!/dmn-js-(shared|decision-table)[\\/].*(PoweredByUtil|DragAndDrop)\.js$/.test(id)) return null;
      return { code: code.replaceAll('style="', 'data-style="'), map: null };
    },
  };
}

/** Puts a gzip and a brotli copy beside every text file worth it. */
function compressed() {
  return {
    name: "guanjia-compressed",
    apply: "build",
    writeBundle() {
      for (const path of texts(dist)) {
        const bytes = readFileSync(path);
        if (bytes.length < 1024) continue;
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        // level 9 of 11: a tenth of the time for two per cent more bytes
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
      }
    },
  };
}

function texts(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => /\.(js|css|svg)$/.test(path) && statSync(path).isFile());
}

/** Every file of src/pages is an entry; a page loads it by its name. */
function pages() {
  return readdirSync(join(client, "src/pages")).map((file) => file.replace(/\.js$/, ""));
}

export default defineConfig({
  root: client,
  base: "./",
  publicDir: false,
  plugins: [pictures(), paperFont(), adoptedStyles(), stylesApart(), compressed()],
  // the parts of form-js must share one copy, whichever each of them asks for
  resolve: { dedupe: ["preact"] },
  build: {
    outDir: dist,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "chrome86",
    cssTarget: "chrome86",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      checks: { eval: false }, // htmx may eval only where allowEval lets it; the content policy forbids it anyway
      input: Object.fromEntries(pages().map((name) => [name, join(client, `src/pages/${name}.js`)])),
    },
  },
});
