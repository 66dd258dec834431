import { DriverError } from '@islet/driver';
import { administer } from './client.ts';
import { BACKLOG_BYTES, SETTINGS } from './options.ts';
import type { StartedRedis } from './records.ts';

/** By Redis's own names, as they are written. */
export type Settings = Readonly<Record<string, string>>;

/** The server counts what it keeps for its replica as data: the service has room for what it was promised nevertheless. */
export function asServed(settings: Settings): Settings {
  const { maxmemory = '', appendonly } = settings;
  if (appendonly === 'no' || !/^[1-9]\d*$/.test(maxmemory)) return settings;
  return { ...settings, maxmemory: String(Number(maxmemory) + BACKLOG_BYTES) };
}

/** Without a restart: nobody who is connected notices. What is no longer said goes back to what it was. */
export async function changeSettings(started: StartedRedis, settings: Settings, signal: AbortSignal): Promise<void> {
  const { service, settings: before = {} } = started;
  const defaults: Settings = SETTINGS;
  const gone = Object.keys(before).filter((name) => !(name in settings));
  const back = gone.flatMap((name) => (defaults[name] === undefined ? [] : [[name, defaults[name]] as const]));
  const words = [...back, ...Object.entries(asServed(settings))].flat();
  if (words.length === 0) return;
  try {
    await administer(started, ['CONFIG', 'SET', ...words], signal);
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new DriverError('refused', `the Redis server of ${service} takes no such settings: ${reason}`);
  }
}
