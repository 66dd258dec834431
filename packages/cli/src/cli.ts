import { CommanderError } from 'commander';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { report } from './failures.ts';
import { buildTree } from './tree.ts';

/** One command from its words to its exit code. Never throws. */
export async function main(words: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const tree = buildTree(context, (result) => {
    code = result;
  });
  try {
    await tree.parseAsync(words.length === 0 ? ['--help'] : [...words], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return report(error, context);
  }
}
