import { type Files, join } from './files.ts';
import type { Language } from './model.ts';
import { own } from './own.ts';

export interface InferredLanguage {
  readonly language: Language;
  /** What told: `go.mod`, `run.command`. */
  readonly from: string;
}

/** By what each language's own tools leave in a folder; the first row that matches. */
const SIGNS: readonly (readonly [language: Language, all: readonly RegExp[]])[] = [
  ['TypeScript', [/^package\.json$/, /^tsconfig\.json$|\.m?ts$/]],
  ['Go', [/^go\.mod$/]],
  ['Java', [/^pom\.xml$|^build\.gradle(\.kts)?$|\.java$/]],
  ['Python', [/^pyproject\.toml$|^requirements\.txt$|\.py$/]],
  ['Rust', [/^Cargo\.toml$/]],
  ['JavaScript', [/^package\.json$/]],
  ['Shell', [/\.sh$/]],
];

const BY_PROGRAM: Readonly<Record<string, Language>> = {
  node: 'JavaScript',
  npm: 'JavaScript',
  npx: 'JavaScript',
  tsx: 'TypeScript',
  python: 'Python',
  python3: 'Python',
  uv: 'Python',
  go: 'Go',
  java: 'Java',
  cargo: 'Rust',
  sh: 'Shell',
  bash: 'Shell',
};

/** What a service is written in, for people to read: by its files, then by its command's first word. */
export function inferLanguage(files: Files, service: { folder: string; command: string }): InferredLanguage {
  const names = [...files.listFiles(service.folder), ...files.listFiles(join(service.folder, 'src'))];
  for (const [language, signs] of SIGNS) {
    const found = signs.map((sign) => names.find((name) => sign.test(name)));
    const last = found.at(-1);
    if (last !== undefined && !found.includes(undefined)) return { language, from: last };
  }
  return { language: byCommand(service.command), from: 'run.command' };
}

function byCommand(command: string): Language {
  const program = command.trim().split(/\s+/)[0]?.split('/').at(-1) ?? '';
  if (program === 'node' && /\.m?ts\b/.test(command)) return 'TypeScript';
  return own(BY_PROGRAM, program) ?? 'other';
}
