import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, ROOT, readText } from './repository.ts';
import { banned } from './tidy/banned.ts';
import { dead } from './tidy/dead.ts';
import { deadExports } from './tidy/dead-exports.ts';
import { documents } from './tidy/documents.ts';
import { layers } from './tidy/layers.ts';
import { manifests } from './tidy/manifest.ts';
import type { Finding, Repository } from './tidy/model.ts';
import { prose } from './tidy/prose.ts';
import { SIZES, sizes, tightened } from './tidy/size.ts';

/*
 * Style that executes: node scripts/tidy.ts prints every finding as `file:line rule: message → remedy` and exits with 1
 * if there are any. `--tighten` first lowers the recorded sizes to what the files have shrunk to.
 */

const RULES = [layers, manifests, banned, sizes, dead, deadExports, documents, prose];
const TEXT = /\.(ts|tsx|js|mjs|json|md|sh|sql|py|go|java|css|yaml)$|(^|\/)[^.]+$|^\.ci\/run$/;

function main(args: readonly string[]): number {
  if (args.includes('--tighten')) {
    const record = Object.entries(tightened(readRepository())).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(join(ROOT, SIZES), `${JSON.stringify(Object.fromEntries(record), null, 2)}\n`);
  }
  const findings = RULES.flatMap((rule) => rule(readRepository())).sort(byPlace);
  for (const { path, line, rule, message, remedy } of findings) {
    process.stdout.write(`${path}:${line} ${rule}: ${message} → ${remedy}\n`);
  }
  if (findings.length > 0) process.stdout.write(`${findings.length} findings\n`);
  return findings.length > 0 ? 1 : 0;
}

function readRepository(): Repository {
  const files = listFiles().flatMap((path): [string, string][] => {
    const text = TEXT.test(path) ? readText(path) : '';
    return text === undefined ? [] : [[path, text]];
  });
  return { files: new Map(files) };
}

function byPlace(a: Finding, b: Finding): number {
  return a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1;
}

process.exitCode = main(process.argv.slice(2));
