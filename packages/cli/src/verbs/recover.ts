import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { renderDuration } from '../render/duration.ts';
import { findSystem } from '../system.ts';
import { rewind } from './rewind.ts';

export interface RecoverOptions {
  readonly from?: string;
  readonly key?: string;
  readonly to?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly timeout: number;
  readonly json?: true;
  readonly state?: string;
}

/** With a key: a system that this machine does not know. Without: the one that runs here. */
export async function run(context: Context, folder: string | undefined, options: RecoverOptions): Promise<ExitCode> {
  const { key, to, ...rest } = options;
  if (key !== undefined) return rebuild(context, folder, { ...rest, key, to: to ?? 'latest' });
  if (to !== undefined && options.from === undefined) return rewind(context, folder, { ...rest, to });
  throw new UsageError(
    'it takes a key, or an instant',
    'on an empty machine: --key recovery-key.txt; on one that runs: --to 2026-11-27T02:00:00Z',
  );
}

type Rebuild = RecoverOptions & { readonly key: string; readonly to: string };

async function rebuild(context: Context, folder: string | undefined, options: Rebuild): Promise<ExitCode> {
  const system = findSystem(context, { folder, state: options.state });
  const place = await placeOf(system.folder, options);
  const words = [
    ...['--state', system.stateFolder, '--from', place.from],
    ...['--key', resolve(context.cwd, options.key), '--to', options.to],
    ...(place.endpoint === undefined ? [] : ['--endpoint', place.endpoint]),
    ...(place.region === undefined ? [] : ['--region', place.region]),
  ];
  const child = spawn(process.execPath, [context.entries.recover, ...words], {
    cwd: context.cwd,
    env: context.env,
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: context.signal,
  });
  const answer = JSON.parse((await text(child.stdout)) || '{"kind":"failed","message":"it died"}') as Answer;
  if (options.json) writeJson(context.stdout, answer);
  else writeLines(answer.kind === 'failed' ? context.stderr : context.stdout, answerLines(answer));
  return answer.kind === 'recovered' ? EXIT.ok : EXIT.failed;
}

type Answer =
  | { readonly kind: 'failed'; readonly message: string; readonly hint?: string }
  | {
      readonly kind: 'recovered';
      readonly recovered: {
        readonly system: string;
        readonly objects: number;
        readonly skewMs: number;
        readonly services: readonly { readonly name: string; readonly at?: number; readonly why?: string }[];
      };
    };

/** As typed, or as the system's own file says. */
async function placeOf(folder: string, { from, endpoint, region }: Rebuild) {
  if (from !== undefined) return { from, endpoint, region };
  const { parseFolder } = await import('../offline.ts');
  const { backup } = parseFolder(folder, undefined).spec;
  if (backup === undefined)
    throw new UsageError('islet.yaml names no second place for backups', 'say --from s3://BUCKET/FOLDER');
  const { bucket, prefix } = backup;
  return {
    from: prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`,
    endpoint: endpoint ?? backup.endpoint,
    region: region ?? backup.region,
  };
}

function answerLines(answer: Answer): readonly string[] {
  if (answer.kind === 'failed') return [`! ${answer.message}`, ...(answer.hint === undefined ? [] : [answer.hint])];
  const { system, objects, services, skewMs } = answer.recovered;
  const each = services.map(({ name, at, why }) =>
    at === undefined
      ? `  ${name}: ${why ?? 'has no data of its own'}`
      : `  ${name}: as of ${new Date(at).toISOString()}${why === undefined ? '' : `; ${why}`}`,
  );
  return [
    `${system} is known again (${objects} objects); \`islet up\` brings its services and their data back:`,
    ...each,
    `Between the oldest and the newest of it lie ${renderDuration(skewMs)}.`,
  ];
}
