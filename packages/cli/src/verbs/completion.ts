import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { completedVerbs } from '../completion/words.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export async function run({ stdout }: Context, shell: string): Promise<ExitCode> {
  if (!Object.hasOwn(SHELLS, shell)) throw new UsageError(`no completion for ${shell}`, 'there are bash, zsh and fish');
  stdout.write(SHELLS[shell as keyof typeof SHELLS](completedVerbs()));
  return EXIT.ok;
}
