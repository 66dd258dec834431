import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import picocolors from 'picocolors';
import { main } from '../src/cli.ts';
import type { Context, Output } from '../src/context.ts';

/** A command run in this process, in a world of the test's own. */
export interface RunOptions {
  readonly cwd: string;
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly controlPlane?: string;
  /** Told of all that is written, as it is written. */
  readonly onWrite?: (text: string) => void;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const FAKE_MAIN = fileURLToPath(import.meta.resolve('@islet/client/testing/main'));

export async function islet(words: readonly string[], options: RunOptions): Promise<Ran> {
  const stdout = collect(options);
  const stderr = collect(options);
  const context: Context = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout,
    stderr,
    env: options.env ?? process.env,
    cwd: options.cwd,
    signal: options.signal ?? new AbortController().signal,
    version: '0.1.0',
    entries: {
      controlPlane: options.controlPlane ?? FAKE_MAIN,
      keeper: '/islet/keeper.js',
      recover: '/islet/recover.js',
    },
  };
  const code = await main(words, context);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collect({ terminal, onWrite }: RunOptions): Output & { text(): string } {
  const chunks: Buffer[] = [];
  return {
    write(text) {
      chunks.push(Buffer.from(text));
      onWrite?.(String(text));
    },
    terminal,
    colours: picocolors.createColors(false),
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}

/** A folder of the test's own, with these files in it; removed by the caller. */
export function tempFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'islet-cli-')));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The smallest system that parses. */
export const SYSTEM = {
  'islet.yaml': 'system: shop\n',
  'services/web/service.yaml': 'run: { command: node main.js }\n',
} as const;
