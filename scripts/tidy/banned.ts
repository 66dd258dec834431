import { codeOf, importsOf } from './code.ts';
import { type Finding, isOurCode, isTest, lineAt, type Rule } from './model.ts';

interface Ban {
  readonly rule: string;
  readonly pattern: RegExp;
  /** `code`: outside comments and strings. `text`: anywhere. `imports`: what is imported. */
  readonly where: 'code' | 'text' | 'imports';
  readonly applies: (path: string) => boolean;
  readonly message: string;
  readonly remedy: string;
}

/** Packages that decide and don't do: same input, same output, in any process and in a browser. */
const isPure = (path: string) =>
  /^packages\/(spec|policy|plan)\/src\//.test(path) && path !== 'packages/spec/src/node-files.ts' && !isTest(path);
const everywhere = () => true;

const BANS: readonly Ban[] = [
  {
    rule: 'pure-clock',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/g,
    where: 'code',
    applies: isPure,
    message: 'a pure package reads no clock',
    remedy: 'take `now` as an argument',
  },
  {
    rule: 'pure-dice',
    pattern: /\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b/g,
    where: 'code',
    applies: isPure,
    message: 'a pure package throws no dice',
    remedy: 'take a `random` function or the id as an argument',
  },
  {
    rule: 'pure-timers',
    pattern: /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\(/g,
    where: 'code',
    applies: isPure,
    message: 'a pure package waits for nothing',
    remedy: 'return the instant at which to ask again',
  },
  {
    rule: 'pure-process',
    pattern: /\bprocess\./g,
    where: 'code',
    applies: isPure,
    message: 'a pure package knows no process',
    remedy: 'take the value as an argument',
  },
  {
    rule: 'pure-effects',
    pattern: /^(node:(?!path\/posix$).*|fs|http|net|child_process)$/g,
    where: 'imports',
    applies: isPure,
    message: 'a pure package imports nothing of Node but node:path/posix',
    remedy: 'take what it would read as an argument; reading files belongs in packages/spec/src/node-files.ts',
  },
  {
    rule: 'console',
    pattern: /\bconsole\./g,
    where: 'code',
    applies: (path) => !/^(packages\/cli|scripts|benchmarks)\/|\/src\/main\.ts$/.test(path) && !isTest(path),
    message: 'only programs print',
    remedy: 'return the value, or use the logger that is passed in',
  },
  {
    rule: 'blocking-shell',
    pattern: /\bexecSync\(/g,
    where: 'code',
    applies: everywhere,
    message: 'execSync takes a shell command and stops everything else',
    remedy: 'spawn the program with an argv; in scripts, spawnSync',
  },
  {
    rule: 'check-then-use',
    // In the same function, which ends where a line begins with a closing brace.
    pattern:
      /\bexistsSync\(([^()]+)\)(?:(?!\n {0,2}\})[\s\S]){0,200}?\b(?:open|readFile|create|unlink|copyFile)\w*\(\s*\1\b/g,
    where: 'code',
    applies: (path) => !isTest(path),
    message: 'between the look and the use another process may come',
    remedy: 'use the file, and handle ENOENT',
  },
  {
    rule: 'skipped-test',
    pattern: /\b(test|it|describe|suite)\.(skip|only|todo)\(|\.skip\(\)|\b(skip|only):\s*true\b|\btodo:|\bt\.todo\(/g,
    where: 'code',
    applies: isTest,
    message: 'a test that does not run proves nothing',
    remedy: 'make it run, or delete it; where a machine can’t run it: t.skip(reason)',
  },
  {
    rule: 'unfinished',
    pattern: /\b(TO[D]O|FIX[M]E|XX[X])\b/g,
    where: 'text',
    applies: everywhere,
    message: 'a note to finish it later is not finished',
    remedy: 'finish it, or open an issue',
  },
  {
    rule: 'any',
    pattern: /\bas any\b/g,
    where: 'code',
    applies: everywhere,
    message: '`as any` switches the types off',
    remedy: 'narrow from unknown',
  },
  {
    rule: 'spread-literal',
    pattern: /^[ ]*\.\.\.\{/gm,
    where: 'code',
    applies: everywhere,
    message: 'an object is written only to be taken apart, so that lines look fewer',
    remedy: 'write its properties where they belong',
  },
  {
    rule: 'ignored-type',
    pattern: /@ts-(ignore|nocheck)\b/g,
    where: 'text',
    applies: everywhere,
    message: 'a type error is silenced',
    remedy: 'correct the type; in a test of types, @ts-expect-error with its reason',
  },
];

/** Calls and words with a better way to say them. */
export const banned: Rule = ({ files }) =>
  [...files]
    .filter(([path]) => isOurCode(path))
    .flatMap(([path, text]) => {
      const code = codeOf(text);
      return BANS.filter(({ applies }) => applies(path)).flatMap(({ rule, message, remedy, ...ban }) =>
        placesOf(ban, { text, code }).map(
          (index): Finding => ({ path, line: lineAt(text, index), rule, message, remedy }),
        ),
      );
    });

function placesOf(
  { pattern, where }: Pick<Ban, 'pattern' | 'where'>,
  { text, code }: { readonly text: string; readonly code: string },
): readonly number[] {
  switch (where) {
    case 'code':
      return [...code.matchAll(pattern)].map(({ index }) => index);
    case 'text':
      return [...text.matchAll(pattern)].map(({ index }) => index);
    case 'imports':
      return importsOf(text).flatMap((found) => (found.text.search(pattern) === 0 ? [found.index] : []));
  }
}
