import { laidOut } from '../layout.ts';
import type { Finding, Rule } from './model.ts';

const OTHERS = ['packages/cli/templates/', 'docs/reference/'];

/** The prose of every document is laid out to one width. */
export const prose: Rule = ({ files }) =>
  [...files]
    .filter(([path]) => isLaidOut(path))
    .flatMap(([path, text]): readonly Finding[] => {
      const wanted = laidOut(text).split('\n');
      const index = text.split('\n').findIndex((line, at) => line !== wanted[at]);
      if (index < 0) return [];
      return [{ path, line: index + 1, rule: 'prose', message: 'its lines are uneven', remedy: 'npm run generate' }];
    });

/** Whose prose `npm run generate` lays out: documents that are neither generated nor somebody else's. */
export function isLaidOut(path: string): boolean {
  return path.endsWith('.md') && !OTHERS.some((folder) => path.startsWith(folder));
}
