import { type Entry, shownPath } from './entries.ts';

const MOST = 5;

/** What of a copy is not on the disk as it should be; each a sentence. Pure. */
export function differences(wanted: readonly Entry[], found: ReadonlyMap<string, string>): readonly string[] {
  const files = wanted.filter((entry) => entry.kind === 'file');
  const wrong = files.flatMap(({ path, sha256 }) => {
    const hash = found.get(path);
    if (hash === sha256) return [];
    return [`${shownPath(path)} is ${hash === undefined ? 'missing' : 'not what was copied'}`];
  });
  const more = wrong.length > MOST ? [`so are ${wrong.length - MOST} more`] : [];
  return [...wrong.slice(0, MOST), ...more];
}
