import type { ServiceStatus, SystemStatus } from '@islet/client';
import { follow } from '@islet/client/remote';
import { type Context, writeJson, writeLines } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { exitCodeOf, isBlocked, isFailed, type Outcome, outcomeOf } from './outcome.ts';
import { createProgress } from './progress.ts';
import { renderDuration } from './render/duration.ts';
import { renderBlocked, renderFailure, renderResult } from './render/status.ts';
import type { Session } from './session.ts';
import { tellInterrupted } from './waiting.ts';

export interface SettleOptions {
  /** The system's revision that the status must have reached. */
  readonly revision: number;
  readonly timeoutMs: number;
  readonly json: boolean;
  /** Only this service decides the exit code; undefined: all. */
  readonly service?: string | undefined;
  /** It was asked to give its rollout up: that this is what it says is no failure. */
  readonly isAbort?: true;
}

/** Waits until nothing is left to do, showing progress; then tells the result, and what is wrong with it. */
export async function settle(context: Context, session: Session, options: SettleOptions): Promise<ExitCode> {
  const { status, settled } = await waitUntilSettled(context, session, options);
  if (!status) return tellNothing(context, options);
  const asked = status.services.filter(({ name }) => options.service === undefined || name === options.service);
  const judged = options.isAbort ? asked.map(withoutAborted) : asked;
  const outcome = settled ? outcomeOf(judged) : 'timeout';
  if (options.json) writeJson(context.stdout, { outcome, exitCode: exitCodeOf(outcome), status });
  else writeLines(context.stdout, renderResult(status, view(context.stdout)));
  writeLines(context.stderr, [...troubles(context, judged, outcome, options), ...warningsOf(context, status)]);
  return exitCodeOf(outcome);
}

/** What serves instead has to be whole all the same. */
function withoutAborted({ failure, ...service }: ServiceStatus): ServiceStatus {
  const { ready, desired } = service.instances;
  if (failure === undefined || service.state !== 'failed' || ready < desired)
    return { ...service, ...(failure && { failure }) };
  return { ...service, state: 'ready' };
}

async function waitUntilSettled(
  context: Context,
  { connection, system }: Session,
  { revision, timeoutMs, service }: SettleOptions,
): Promise<{ status: SystemStatus | undefined; settled: boolean }> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  const progress = createProgress(context.stderr);
  const onAway = () => progress.note('The control plane went away; waiting for it to come back');
  let last: SystemStatus | undefined;
  try {
    for await (const status of follow(connection, { stateFolder: system.stateFolder, signal, onAway })) {
      last = status;
      if (status.revision >= revision && isSettled(status, service)) return { status, settled: true };
      progress.show(status);
    }
  } catch (error) {
    if (context.signal.aborted) {
      progress.end();
      tellInterrupted(context, 'the control plane goes on: `islet status` says how far it is');
    }
    if (!deadline.aborted || context.signal.aborted) throw error;
  } finally {
    progress.end();
  }
  return { status: last, settled: false };
}

/** Whoever asks for one service does not wait for what becomes of another. */
function isSettled({ settled, routed, services }: SystemStatus, service: string | undefined): boolean {
  const own = services.find(({ name }) => name === service);
  if (own === undefined) return settled;
  return routed && own.state !== 'progressing' && own.state !== 'stopping';
}

function tellNothing({ stderr }: Context, { timeoutMs }: SettleOptions): ExitCode {
  writeLines(stderr, [`${stderr.colours.red('error:')} no status within ${renderDuration(timeoutMs)}`]);
  return EXIT.unreachable;
}

function troubles(
  { stderr }: Context,
  services: readonly ServiceStatus[],
  outcome: Outcome,
  { timeoutMs }: SettleOptions,
): string[] {
  const { colours } = stderr;
  const late = services.filter(({ state }) => state === 'progressing' || state === 'stopping');
  return [
    ...services.filter(isFailed).flatMap((service) => renderFailure(service, colours)),
    ...services.filter(isBlocked).flatMap((service) => renderBlocked(service, colours)),
    ...(outcome === 'timeout'
      ? [
          `${colours.red('error:')} not settled within ${renderDuration(timeoutMs)}; the control plane goes on`,
          ...late.map(({ name, state, why }) => `  ${name}: ${state}: ${why}`),
        ]
      : []),
  ];
}

/** A guarantee that does not hold here is said at every `up`: nobody shall believe in it. */
function warningsOf({ stderr }: Context, { warnings }: SystemStatus): string[] {
  return warnings.map((warning) => `${stderr.colours.yellow('warning:')} ${warning}`);
}

function view({ colours, terminal }: Context['stdout']) {
  return { colours, columns: terminal?.columns };
}
