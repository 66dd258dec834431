import { importsOf, stringsOf, templateHeadsOf } from './code.ts';
import { resolvePath } from './layers.ts';
import { packagesOf } from './manifest.ts';
import { isOurCode, isTest, type Rule } from './model.ts';

/** A program that a person or another program starts by its path. */
const ENTRY = /^(scripts|benchmarks|simulation|acceptance)\/[^/]+\.ts$/;
const SOURCE = /^packages\/.*\/(src|test)\/|^(scripts|benchmarks|simulation|acceptance)\//;
const KEPT = /\.(ts|tsx|sh|sql|py)$/;

/**
 * Every source file is reached from an entry point, an export or a test: by an import, or by its file name in a string,
 * which is how workers, shims and fixtures are started.
 */
export const dead: Rule = ({ files }) => {
  const sources = [...files.keys()].filter((path) => SOURCE.test(path) && KEPT.test(path));
  const ours = sources.filter((path) => isOurCode(path) || !path.endsWith('.ts'));
  const reached = new Set(ours.filter((path) => ENTRY.test(path) || path.endsWith('.test.ts')));
  for (const { folder, manifest } of packagesOf(files).values()) {
    for (const target of Object.values({ ...manifest.exports, ...manifest.bin }))
      reached.add(resolvePath(`${folder}/x`, target));
  }
  // A set that grows while it is walked: what is added is visited too.
  for (const path of reached) for (const next of neighbours(path, files.get(path) ?? '', ours)) reached.add(next);
  return ours
    .filter((path) => !reached.has(path))
    .map((path) => ({
      path,
      line: 1,
      rule: 'dead-file',
      message: 'no entry point, export or test leads to it',
      remedy: isTest(path) ? 'use it, or delete it' : 'import it, export it in package.json, or delete it',
    }));
};

function neighbours(path: string, text: string, sources: readonly string[]): readonly string[] {
  if (!/\.tsx?$/.test(path)) return [];
  const imported = importsOf(text).map((found) => resolvePath(path, found.text));
  // A program that is compiled for publishing is named without its extension.
  const programs = templateHeadsOf(text).map((head) => `${head}.ts`);
  const named = [...stringsOf(text).map((found) => found.text), ...programs].filter((string) => KEPT.test(string));
  const ends = named.map((string) => `/${string.replace(/^(\.{1,2}\/)+/, '')}`);
  const near = sources.filter((source) => packageFolder(source) === packageFolder(path));
  return [...imported, ...near.filter((source) => ends.some((end) => source.endsWith(end)))];
}

/** A name without its folders means a file of the same package only: there is many an `index.ts`. */
function packageFolder(path: string): string {
  return /^packages\/(?:drivers\/)?[^/]+|^[^/]+/.exec(path)?.[0] ?? '';
}
