import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Mutation } from './mutations.ts';

const ROOT = new URL('../../', import.meta.url);

/** Whether the place that it changes is still there, exactly once. */
export function applies({ file, find }: Mutation): boolean {
  return readFileSync(new URL(file, ROOT), 'utf8').split(find).length === 2;
}

/** From now on the module is loaded with the bug in it. To be called before anything imports it. */
export function plant(mutation: Mutation): void {
  if (!applies(mutation)) throw new Error(`"${mutation.name}" does not fit ${mutation.file} any more: say it anew`);
  const url = new URL(mutation.file, ROOT).href;
  registerHooks({
    load: (asked, context, next) => {
      const loaded = next(asked, context);
      if (pathToFileURL(fileURLToPath(asked.startsWith('file:') ? asked : url)).href !== url) return loaded;
      if (!asked.startsWith('file:')) return loaded;
      const source = String(loaded.source ?? readFileSync(fileURLToPath(url), 'utf8'));
      return { ...loaded, source: source.replace(mutation.find, () => mutation.replace) };
    },
  });
}
