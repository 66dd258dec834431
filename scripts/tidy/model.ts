/** What the rules look at: every file of the repository by its path from the root. Files that are not text are empty. */
export interface Repository {
  readonly files: ReadonlyMap<string, string>;
}

export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  /** What to do instead. */
  readonly remedy: string;
}

/** Pure: what is wrong with this repository, in any order. */
export type Rule = (repository: Repository) => readonly Finding[];

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

export function isTest(path: string): boolean {
  return /\.test\.ts$|(^|\/)test\//.test(path);
}

/** Code of Islet itself; not that of examples and templates, which are the services of others. */
export function isOurCode(path: string): boolean {
  return (
    /^(packages|scripts|benchmarks|simulation|acceptance)\/.*\.tsx?$/.test(path) &&
    !path.startsWith('packages/cli/templates/')
  );
}
