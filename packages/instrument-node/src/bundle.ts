import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = /^node-[0-9a-f]{12}\.cjs$/;

/**
 * Makes the file that services load, in a folder that their users can read: one file, because Islet's own packages may lie in
 * a home folder that they can't enter, and because it is read in a few milliseconds where fifty packages take a hundred.
 * Named by what is in it, so that a running instance never has it changed below it. Returns its path.
 */
export async function bundlePreload(folder: string): Promise<string> {
  // Loaded when it is needed, and its process ended: whoever asks for this runs for months.
  const { build, stop } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(import.meta.resolve('@islet/instrument-node/preload'))],
    bundle: true,
    platform: 'node',
    // What a service runs on may be older than what Islet runs on.
    target: 'node18',
    // The one format that a runtime loads before the service and waits for, whatever the service is written in.
    format: 'cjs',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'silent',
    write: false,
  }).finally(stop);
  const text = outputFiles[0]?.text ?? '';
  const name = `node-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.cjs`;
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (readIfThere(path) !== text) {
    writeFileSync(`${path}.new`, text, { mode: 0o644 });
    renameSync(`${path}.new`, path);
  }
  forgetOthers(folder, name);
  return path;
}

/** Instances that run have loaded theirs; what starts from now on loads the new one. */
function forgetOthers(folder: string, keep: string): void {
  for (const name of readdirSync(folder))
    if (NAME.test(name) && name !== keep) rmSync(join(folder, name), { force: true });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
