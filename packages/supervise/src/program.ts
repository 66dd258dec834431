import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installHint } from './install-hints.ts';
import { simpleCommands } from './shell-words.ts';

export interface Missing {
  readonly program: string;
  /** How to get it on this machine. */
  readonly hint: string;
}

/**
 * The programs of a shell command that are in no folder of `path`. For a check before anything starts, so it errs on the
 * side of silence: a relative path may be what the build makes, and what follows a changed `PATH` is not judged.
 */
export function missingPrograms(command: string, path: string): readonly Missing[] {
  return programsOf(command)
    .filter((program) => resolveProgram(program, path) === undefined)
    .map((program) => ({ program, hint: installHint(program) }));
}

/** The programs that a shell command looks up in `PATH` or names by an absolute path, each once. */
export function programsOf(command: string): readonly string[] {
  const programs = new Set<string>();
  for (const words of simpleCommands(command)) {
    const [program, ...rest] = withoutPrefixes(words);
    if (changesPath(words) || CHANGE_WHAT_NAMES_MEAN.has(program ?? '')) break;
    if (program === undefined) continue;
    if (BUILTINS.has(program) || isUnknowable(program)) continue;
    programs.add(program);
    if (program === 'env') for (const inner of withoutPrefixes(rest).slice(0, 1)) programs.add(inner);
  }
  return [...programs].filter((program) => !isUnknowable(program));
}

/** The file that a program's name stands for; undefined: there is none. */
export function resolveProgram(program: string, path: string): string | undefined {
  if (program.startsWith('/')) return isProgram(program) ? program : undefined;
  return path
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, program))
    .find(isProgram);
}

/** Assignments, keywords before a command, and builtins that run another command. */
function withoutPrefixes(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word) && !PREFIXES.has(word));
  return first === -1 ? [] : words.slice(first);
}

function changesPath(words: readonly string[]): boolean {
  return words.some((word) => word.startsWith('PATH='));
}

/** Relative to a folder that a build may fill, or known only when the command runs. */
function isUnknowable(program: string): boolean {
  return (program.includes('/') && !program.startsWith('/')) || /[$`*?~[\]]/.test(program) || program.startsWith('-');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const PREFIXES = new Set('if then elif else while until do ! time { exec command nohup'.split(' '));

const CHANGE_WHAT_NAMES_MEAN = new Set(['.', 'source', 'alias', 'eval']);

/** Builtins of POSIX sh and its usual extensions, and keywords that end or describe what stands before them. */
const BUILTINS = new Set(
  `: [ bg break cd continue echo exit export false fc fg for getopts hash in jobs kill local printf pwd read readonly
  return select set shift test times trap true type ulimit umask unalias unset wait fi done esac case }`.split(/\s+/),
);
