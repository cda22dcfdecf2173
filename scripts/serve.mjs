// A static server for dist/ on localhost, with the headers that the page is tested under. No dependencies.
// As a command: PORT=8080 node scripts/serve.mjs [FOLDER]. As a module: `await serve({ folder, prefix })`.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The policy of the first day: nothing inline, nothing from elsewhere. */
export const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
  "connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

const dist = fileURLToPath(new URL("../dist", import.meta.url));

/** The file that a request names, or nothing: never one outside the folder. */
function fileFor(folder, prefix, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return undefined;
  }
  if (!path.startsWith(prefix) || path.includes("\0")) return undefined;
  let file = normalize(join(folder, path.slice(prefix.length)));
  if (file !== folder && !file.startsWith(folder + sep)) return undefined;
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
  return existsSync(file) && statSync(file).isFile() ? file : undefined;
}

/** Serves `folder` under `prefix` (it starts and ends with a slash); port 0 is any free one. */
export function serve({ folder = dist, port = 0, prefix = "/" } = {}) {
  const root = resolve(folder);
  const server = createServer((request, response) => {
    const headers = {
      "Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache",
      // A frame with sandbox="allow-scripts" counts as another site.
      "Access-Control-Allow-Origin": "*",
    };
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { ...headers, Allow: "GET, HEAD" }).end();
      return;
    }
    const file = fileFor(root, prefix, request.url);
    if (file === undefined) {
      response.writeHead(404, { ...headers, "Content-Type": TYPES[".txt"] }).end("not found\n");
      return;
    }
    headers["Content-Type"] = TYPES[extname(file)] ?? "application/octet-stream";
    headers["Content-Length"] = statSync(file).size;
    response.writeHead(200, headers);
    if (request.method === "HEAD") response.end();
    else createReadStream(file).pipe(response);
  });
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      const address = `http://localhost:${server.address().port}${prefix}`;
      const close = () => new Promise((closed) => { server.close(closed); server.closeAllConnections(); });
      done({ address, close });
    });
  });
}

/** The chosen port or a message; 8080 or any free one when none was chosen. */
async function main() {
  const folder = process.argv[2] ?? dist;
  const chosen = process.env.PORT;
  if (chosen && !(Number.isInteger(+chosen) && +chosen > 0 && +chosen < 65536)) throw new Error(`PORT=${chosen} is not a port: 1 to 65535`);
  if (!existsSync(join(folder, "index.html"))) throw new Error(`${folder} holds no index.html: run make build`);
  const server = await serve({ folder, port: +(chosen || 8080) }).catch((error) => {
    if (error.code !== "EADDRINUSE") throw error;
    if (chosen) throw new Error(`port ${chosen} is in use: choose another with PORT=, or none for a free one`);
    return serve({ folder });
  });
  const answer = await fetch(server.address.replace("localhost", "127.0.0.1"));
  if (!answer.ok) throw new Error(`${server.address} answers ${answer.status}`);
  console.log(`Driftscope is at ${server.address}   (Ctrl-C stops it)`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  main().catch((error) => { console.error(`driftscope: ${error.message}`); process.exitCode = 1; });
}
