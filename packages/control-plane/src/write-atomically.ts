import { renameSync, writeFileSync } from 'node:fs';

/** Readers see the old text or the new one, never a part. The file is the owner's alone. */
export function writeAtomically(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}
