import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** The dashboard's built files, as they are sent. They hold no secret: what they show, they ask for. */
export interface Pages {
  /** Undefined: there is no such file. Any path that is no file is a page, and every page is `index.html`. */
  get(path: string): Promise<Page>;
}

export interface Page {
  readonly status: 200 | 404 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Nothing from elsewhere, nothing inline, no frame around it, no sink for text that would become script. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SAFETY = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** Vite puts the content's hash into the name of all that it builds but the first page. */
const HASHED = /^\/assets\/[\w.-]+$/;

export function createPages(folder: string): Pages {
  return {
    get: async (path) => {
      if (HASHED.test(path)) {
        const bytes = await readIfThere(join(folder, path));
        if (bytes === undefined) return text(404, 'there is no such file');
        const cache = 'public, max-age=31536000, immutable';
        return { status: 200, headers: { ...SAFETY, ...typeOf(path), 'cache-control': cache }, bytes };
      }
      const name = path === '/icon.svg' ? path : '/index.html';
      const bytes = await readIfThere(join(folder, name));
      if (bytes === undefined) return text(503, NOT_BUILT);
      const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`;
      return { status: 200, headers: { ...SAFETY, ...typeOf(name), 'cache-control': 'no-cache', etag }, bytes };
    },
  };
}

const NOT_BUILT = 'The dashboard is not built here.\n\nIn a checkout, `./islet dashboard` builds it and opens it.\n';

function text(status: 404 | 503, message: string): Page {
  const bytes = new TextEncoder().encode(message);
  return { status, headers: { ...SAFETY, 'content-type': 'text/plain; charset=utf-8' }, bytes };
}

function typeOf(name: string): { readonly 'content-type': string } {
  return { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' };
}

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
