import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Answer } from './server.ts';

export type Assets = ReadonlyMap<string, { readonly type: string; readonly body: string; readonly etag: string }>;

const TYPES: Readonly<Record<string, string>> = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };

/** Reads the assets folder once: what is not in it cannot be asked for. */
export function loadAssets(): Assets {
  const folder = new URL('../assets/', import.meta.url);
  return new Map(
    readdirSync(folder).map((name) => {
      const body = readFileSync(new URL(name, folder), 'utf8');
      const type = `${TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain'}; charset=utf-8`;
      return [name, { type, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"` }];
    }),
  );
}

/** Browsers ask again each time, and are told that nothing changed: a rollout never mixes old styles with new pages. */
export function assetAnswer(assets: Assets, name: string, ifNoneMatch: string | undefined): Answer | undefined {
  const asset = assets.get(name);
  if (asset === undefined) return undefined;
  const headers = { etag: asset.etag, 'cache-control': 'no-cache', 'content-type': asset.type };
  return ifNoneMatch === asset.etag ? { status: 304, headers, body: '' } : { status: 200, headers, body: asset.body };
}
