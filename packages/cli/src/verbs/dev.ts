import { mkdirSync } from 'node:fs';
import type { SystemStatus } from '@islet/client';
import { connect, follow } from '@islet/client/remote';
import type { SystemSpec } from '@islet/spec';
import { type Context, writeLines } from '../context.ts';
import { watchedRoots } from '../dev/affected.ts';
import { createIgnore, type Ignore } from '../dev/ignore.ts';
import { applyInPlace, createDevLoop, type DevLoop } from '../dev/loop.ts';
import { type TreeWatch, watchTree } from '../dev/watch-tree.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseFolder } from '../offline.ts';
import { createPrefixer } from '../render/log-line.ts';
import { renderChanges } from '../render/status.ts';
import { connectOptions, openStaying, type Session } from '../session.ts';
import { shutDown } from '../shut-down.ts';
import { findSystem } from '../system.ts';
import { tail } from '../tail.ts';

export interface DevOptions {
  readonly env?: string;
  readonly state?: string;
}

const DOWN_TIMEOUT_MS = 60_000;

export async function run(context: Context, folder: string | undefined, options: DevOptions): Promise<ExitCode> {
  const system = findSystem(context, { folder, state: options.state }, '.islet/dev');
  const { spec } = parseFolder(system.folder, options.env);
  mkdirSync(system.stateFolder, { recursive: true });
  const ignore = await createIgnore(system.folder, system.stateFolder);
  await using session = await openStaying(context, system);
  try {
    await serve(context, { session, spec, ignore, environment: options.env });
  } catch (error) {
    if (!context.signal.aborted) throw error;
  } finally {
    writeLines(context.stderr, ['islet: stopping']);
    // Ctrl-C has been heard: what is left to do must not be interrupted by it. A second one ends at once.
    const calm = { ...context, signal: new AbortController().signal };
    // The control plane may be another by now than the one that this session began with.
    await using last = await connect(connectOptions(calm, system, 'stay'));
    await shutDown(calm, system, last, { purge: false, timeoutMs: DOWN_TIMEOUT_MS });
  }
  return EXIT.ok;
}

interface Serving {
  readonly session: Session;
  readonly spec: SystemSpec;
  readonly ignore: Ignore;
  readonly environment: string | undefined;
}

/** Until Ctrl-C or trouble: logs, changes of state, and changes of files. */
async function serve(context: Context, { session, spec, ignore, environment }: Serving): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const { folder } = session.system;
  await applyInPlace(context, { session, environment, signal }, []);
  let watching: TreeWatch | undefined;
  const onSpec = (now: SystemSpec) => void rewatch(now).catch((error) => failed.abort(error));
  const loop: DevLoop = createDevLoop(context, { session, environment, signal, spec, onSpec });
  try {
    await rewatch(spec);
    await Promise.race([tailAll(context, session, signal), tellStates(context, session, signal), loop.trouble]);
  } finally {
    watching?.[Symbol.dispose]();
    failed.abort();
  }

  async function rewatch(now: SystemSpec): Promise<void> {
    const next = await watchTree(watchedRoots(now, folder), {
      ignore,
      onChange: loop.changed,
      onError: (error) => writeLines(context.stderr, [`islet: ${error.message}`]),
    });
    watching?.[Symbol.dispose]();
    watching = next;
  }
}

function tailAll({ stdout }: Context, session: Session, signal: AbortSignal): Promise<void> {
  const prefix = createPrefixer(stdout.colours);
  return tail(session, { lines: 100, follow: true, signal, print: (line) => stdout.write(`${prefix(line)}\n`) });
}

async function tellStates({ stderr }: Context, { connection, system }: Session, signal: AbortSignal): Promise<void> {
  let before: SystemStatus | undefined;
  for await (const status of follow(connection, { stateFolder: system.stateFolder, signal })) {
    writeLines(
      stderr,
      renderChanges(before, status).map((line) => `islet: ${line}`),
    );
    if (before === undefined && status.gateway) writeLines(stderr, [`islet: ${status.system} is at ${status.gateway}`]);
    before = status;
  }
}
