import { delimiter, dirname } from 'node:path';

/**
 * The `PATH` in which toolchains are looked for: the person's own. The Node that runs us comes first where their `PATH`
 * does not hold it, so that a TypeScript service starts where the machine's own Node is too old or missing.
 */
export function toolPath(path: string | undefined, execPath: string): string {
  const folders = (path ?? '').split(delimiter).filter(Boolean);
  const own = dirname(execPath);
  return (folders.includes(own) ? folders : [own, ...folders]).join(delimiter);
}
