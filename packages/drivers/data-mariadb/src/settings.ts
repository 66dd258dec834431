import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DriverError, type StoreLimits } from '@islet/driver';
import { messageOf } from './connect.ts';
import { DEFAULT_LIMITS, fittingSettings } from './fit.ts';
import { LIMITS, SETTINGS } from './options.ts';
import type { StartedMariadb } from './record.ts';
import { isOwn } from './server.ts';
import { administer } from './users.ts';

export type Settings = Readonly<Record<string, string>>;

/** What a server is to be like. */
export interface Wanted {
  readonly settings: Settings;
  readonly limits: StoreLimits;
}

/**
 * A service's own settings. They hold for whoever connects from now on, and no connection is lost: so one that a server
 * reads only at its start is refused, and so is one that Islet gives itself.
 */
export async function applySettings(
  started: StartedMariadb,
  { settings: after, limits }: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const { settings: before = {}, limits: limitsBefore = DEFAULT_LIMITS } = started;
  const fitting = fittingSettings(limits);
  const initial: Readonly<Record<string, string>> = { ...SETTINGS, ...fitting };
  await administer(started, signal, async (run) => {
    for (const name of Object.keys(after)) {
      const [known] = await run(
        'SELECT READ_ONLY AS fixed FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = ?',
        [variableOf(name)],
      );
      if (known === undefined)
        throw refuse(name, 'is no setting of this server', 'SHOW VARIABLES lists those that are');
      if (isOwn(optionOf(name))) throw refuse(name, "is Islet's own to set", 'remove it');
      if (known.fixed === 'YES')
        throw refuse(name, 'is read only when a server starts, which would break every connection', 'remove it');
    }
    const given = new Set(Object.keys(after).map(optionOf));
    const moved = isDeepStrictEqual(limits, limitsBefore) ? [] : Object.keys(fitting);
    const gone = new Set([...Object.keys(before).map(optionOf), ...moved]);
    for (const option of gone) if (!given.has(option)) await set(option, initial[option]);
    for (const [name, value] of Object.entries(after)) await set(name, value);

    async function set(name: string, value: string | undefined): Promise<void> {
      const variable = variableOf(name);
      const text = value === undefined ? 'DEFAULT' : literal(value);
      const sql = `SET GLOBAL ${variable} = ${text}`;
      await patiently(() => run(sql), signal).catch((error: unknown) => {
        signal.throwIfAborted();
        throw refuse(name, `can't be ${value ?? 'as it was'}: ${messageOf(error)}`, 'see SHOW VARIABLES');
      });
    }
  });
}

/**
 * InnoDB makes its buffer pool smaller by and by. It takes no second change meanwhile, and gives one up that it can't end because
 * the pages are in use: on a busy machine the same statement succeeds a moment later.
 */
const BUSY = /resize is already in progress|change is already in progress|change aborted/i;

async function patiently(act: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const error = await act().then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (error === undefined) return;
    if (attempt === LIMITS.resizeAttempts || !BUSY.test(messageOf(error))) throw error;
    await pause(LIMITS.resizePauseMs, undefined, { signal });
  }
}

function variableOf(name: string): string {
  return name.replaceAll('-', '_').replaceAll('.', '_');
}

function optionOf(name: string): string {
  return name.replaceAll('_', '-');
}

/** `SET` takes no `16M`, though the command line does. */
function literal(value: string): string {
  const size = /^(\d+)([KMGT])$/i.exec(value);
  if (size !== null) return String(Number(size[1]) * 1024 ** ('KMGT'.indexOf((size[2] ?? '').toUpperCase()) + 1));
  return /^-?\d+(\.\d+)?$/.test(value) ? value : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function refuse(name: string, what: string, hint: string): DriverError {
  return new DriverError('refused', `database.settings.${name} ${what}`, { hint });
}
