import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findUpwards } from '../system.ts';

/** For completion: silent where there is no system or its files have mistakes. */
export async function run({ cwd, stdout }: Context): Promise<ExitCode> {
  const folder = findUpwards(cwd);
  if (folder === undefined) return EXIT.ok;
  const { parseFolder } = await import('../offline.ts');
  try {
    writeLines(
      stdout,
      parseFolder(folder).spec.services.map(({ name }) => name),
    );
  } catch {
    // Completion must never print an error into the line that is being typed.
  }
  return EXIT.ok;
}
