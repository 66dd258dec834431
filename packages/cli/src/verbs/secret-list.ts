import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderTable } from '../render/table.ts';
import { openSession } from '../session.ts';
import type { SecretOptions } from './secret-set.ts';

export async function run(context: Context, folder: string | undefined, options: SecretOptions): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const secrets = await session.client.secrets({}, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, secrets);
  else if (secrets.length === 0) writeLines(stdout, ['No secret is set.']);
  else
    writeLines(
      stdout,
      renderTable({
        headers: ['name', 'version', 'set', 'used by'],
        rows: secrets.map(({ name, version, setAt, usedBy }) => [
          name,
          String(version),
          new Date(setAt).toISOString(),
          usedBy.join(', '),
        ]),
        columns: stdout.terminal?.columns,
        paintHeader: stdout.colours.dim,
      }),
    );
  return EXIT.ok;
}
