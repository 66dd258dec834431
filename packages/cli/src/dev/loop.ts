import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, reconnect } from '@islet/client/remote';
import type { SystemSpec } from '@islet/spec';
import { type Context, writeLines } from '../context.ts';
import { asInvalidSpec, InvalidSpec, report } from '../failures.ts';
import { parseFolder } from '../offline.ts';
import type { Session } from '../session.ts';
import { toolPath } from '../toolpath.ts';
import { affectedBy } from './affected.ts';

/**
 * Applies changes one after the other: what changes while one is applied is gathered and applied next. Mistakes in files
 * are told and waited out; nothing that a person types half-way ends the session.
 */
export interface DevLoop {
  /** Files changed. */
  changed(paths: readonly string[]): void;
  /** Never resolves by itself; throws what can't be waited out. */
  readonly trouble: Promise<never>;
}

export interface DevLoopOptions {
  readonly session: Session;
  readonly environment: string | undefined;
  readonly signal: AbortSignal;
  readonly spec: SystemSpec;
  /** Desired changed: there may be other inputs to watch. */
  readonly onSpec: (spec: SystemSpec) => void;
}

const AWAY_TIMEOUT_MS = 30_000;

export function createDevLoop(context: Context, options: DevLoopOptions): DevLoop {
  const { system } = options.session;
  const trouble = Promise.withResolvers<never>();
  let spec = options.spec;
  let pending: string[] = [];
  let running = false;

  return {
    changed(paths) {
      pending.push(...paths);
      if (!running) void drain().catch(trouble.reject);
    },
    trouble: trouble.promise,
  };

  async function drain(): Promise<void> {
    running = true;
    while (pending.length > 0 && !options.signal.aborted) {
      const paths = pending;
      pending = [];
      await applyChanges(paths).catch(tellMistakes);
    }
    running = false;
  }

  async function applyChanges(paths: readonly string[]): Promise<void> {
    const { services, files } = affectedBy(paths, spec, system.folder);
    if (!files && services.length === 0) return;
    tellCause(paths, services);
    if (files) {
      spec = parseFolder(system.folder, options.environment).spec;
      options.onSpec(spec);
    }
    await applyInPlace(context, options, services);
  }

  function tellCause(paths: readonly string[], services: readonly string[]): void {
    const names = paths.slice(0, 3).map((path) => relative(system.folder, path));
    const more = paths.length > names.length ? ` and ${paths.length - names.length} more` : '';
    const what = services.length > 0 ? `restarting ${services.join(', ')}` : 'applying';
    writeLines(context.stderr, [`islet: ${names.join(', ')}${more} changed: ${what}`]);
  }

  async function tellMistakes(error: unknown): Promise<void> {
    if (!(error instanceof InvalidSpec)) throw error;
    await report(error, context);
  }
}

/** Asks for the system to run from its own folders; a control plane that is just away is waited for. */
export async function applyInPlace(
  context: Context,
  { session, environment, signal }: Pick<DevLoopOptions, 'session' | 'environment' | 'signal'>,
  changed: readonly string[],
): Promise<void> {
  const path = toolPath(context.env.PATH, process.execPath);
  const request = { environment, path, mode: 'in-place' as const, changed: [...changed] };
  let { client } = session;
  while (true) {
    try {
      const { warnings } = await client.apply(request, { signal });
      writeLines(context.stderr, warnings);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ApiError && error.code === 'unavailable'))
        throw asInvalidSpec(error, session.system.folder);
      await delay(100, undefined, { signal });
      ({ client } = await reconnect(session.system.stateFolder, signal, AWAY_TIMEOUT_MS));
    }
  }
}
