import { codeOf } from './code.ts';
import { isOurCode, lineAt, type Rule } from './model.ts';

const EXPORT = /^export (?:abstract )?(?:async )?(function\*?|const|let|class|interface|type) ([\w$]+)/gm;
const NAME = /[\w$]+/g;

/**
 * What a file exports is named in another file: who reads `export` must be able to trust that somebody depends on it.
 * A type may stand for readers beside the function that takes or gives it; one that not even its own file uses is dead.
 */
export const deadExports: Rule = ({ files }) => {
  const sources = [...files].filter(([path]) => isOurCode(path)).map(([path, text]) => [path, codeOf(text)] as const);
  const filesOf = new Map<string, number>();
  for (const [, code] of sources) {
    for (const name of new Set(code.match(NAME))) filesOf.set(name, (filesOf.get(name) ?? 0) + 1);
  }
  return sources.flatMap(([path, code]) =>
    [...code.matchAll(EXPORT)].flatMap(({ index, 1: kind = '', 2: name = '' }) => {
      if ((filesOf.get(name) ?? 0) > 1) return [];
      const isUsedHere = (code.match(NAME) ?? []).filter((word) => word === name).length > 1;
      if (isUsedHere && (kind === 'interface' || kind === 'type')) return [];
      const remedy = isUsedHere ? 'remove the word `export`' : 'use it, or delete it';
      return [{ path, line: lineAt(code, index), rule: 'dead-export', message: `no other file names ${name}`, remedy }];
    }),
  );
};
