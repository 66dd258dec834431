import { ask } from '../ask.ts';
import { type Context, writeJson } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { openSession } from '../session.ts';

export interface SecretOptions {
  readonly json?: true;
  readonly state?: string;
}

/** The longest value that is taken; larger things belong in files. */
const MAX_SECRET_BYTES = 64 * 1024;

export async function run(
  context: Context,
  name: string,
  folder: string | undefined,
  options: SecretOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const value = (await ask(context, `Value of ${name}: `, { hidden: true })) ?? (await readAll(context));
  if (value === '') throw new UsageError(`the value of ${name} is empty`, '`islet secret rm` removes a secret');
  const set = await session.client.setSecret({ name, value }, { signal: context.signal });
  if (options.json) writeJson(context.stdout, set);
  else context.stdout.write(`${name} is set (version ${set.version}); ${whoNeedsIt(set.usedBy)}\n`);
  return EXIT.ok;
}

/** The one line end that `echo` and editors add is not part of a secret. */
async function readAll({ stdin }: Context): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_SECRET_BYTES) throw new UsageError(`a secret has at most ${MAX_SECRET_BYTES} bytes`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function whoNeedsIt(usedBy: readonly string[]): string {
  if (usedBy.length === 0) return 'no service names it yet';
  return `\`islet up\` gives it to ${usedBy.join(', ')}`;
}
