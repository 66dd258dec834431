import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { Trace } from '../client/trace-context.ts';
import type { ProxyErrorCode } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { requestId } from './recorder.ts';
import { Trail, type TrailStart } from './trail.ts';

/** Notes a request that was not understood, so that nothing of it is known. */
export function noteRefusal(
  known: Pick<TrailStart, 'edge' | 'clientAddress' | 'protocol'>,
  code: ProxyErrorCode,
  runtime: Pick<Runtime, 'recorder' | 'now'>,
): void {
  const trail = new Trail({
    ...known,
    startedAt: runtime.now(),
    id: requestId(undefined, { trusted: false }),
    trace: new Trace(undefined, undefined),
    method: undefined,
    path: undefined,
    route: undefined,
    way: undefined,
    log: DEFAULT_TRAFFIC.accessLog,
    asked: false,
  });
  endRefused(trail, code, runtime);
}

/** The request came to no service. */
export function endRefused(trail: Trail, code: ProxyErrorCode, { recorder, now }: Pick<Runtime, 'recorder' | 'now'>) {
  trail.failed(code, { isSent: true });
  recorder.end(trail, now());
}
