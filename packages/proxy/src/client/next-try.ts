import { type AttemptFailure, GRPC_STATUS, pushback, retryAfterMs } from '@islet/policy';
import type { ResponseHead } from '../http/response-head.ts';
import { LIMITS } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import type { Attempts } from './attempts.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import type { Patience } from './patience.ts';
import type { RequestBody } from './request-body.ts';

export interface NextTryOptions {
  readonly attempts: Attempts;
  readonly patience: Patience;
  readonly body: RequestBody;
  readonly order: Pick<ExchangeOrder, 'trail' | 'policy'>;
  readonly runtime: Runtime;
}

/** Whether, and when, another instance is asked for the same request. Each delay that it gives is counted as a retry. */
export class NextTry {
  readonly #options: NextTryOptions;

  constructor(options: NextTryOptions) {
    this.#options = options;
  }

  /** Undefined where the request may not be sent again, or has no time left for it. */
  delayAfter(failure: AttemptFailure): number | undefined {
    const { attempts, patience, body, runtime } = this.#options;
    if (patience.isOver(runtime.now())) return undefined;
    return attempts.retries.delayMs(failure, { replayable: body.replayable, failures: attempts.failures });
  }

  /** Instead of passing on this response, of 500 or more: an instance that says 503 is left alone for as long as it wants. */
  delayInsteadOf({ retryAfter, grpcStatus, grpcPushback }: ResponseHead, status: number): number | undefined {
    const { attempts, patience, runtime } = this.#options;
    const attempt = attempts.current;
    if (attempt === undefined || (status !== 503 && !attempt.isProbe)) return undefined;
    const now = runtime.now();
    if (status === 503) attempt.endpoint.avoid(now + (retryAfterMs(retryAfter, Date.now()) ?? 0));
    const asked = pushback(grpcPushback);
    if (!attempts.othersLeft || asked === 'never') return undefined;
    if (asked !== undefined && patience.isOver(now + asked)) return undefined;
    const isCall = grpcStatus === GRPC_STATUS.unavailable;
    const kind = isCall ? 'grpc-unavailable' : attempt.isProbe ? 'probe' : 'unavailable';
    const delayMs = this.delayAfter({ kind });
    return delayMs === undefined ? undefined : (asked ?? delayMs);
  }

  /** The connection to the instance does not answer: shall another be asked now? */
  whileSilent(): AttemptFailure | undefined {
    const { attempts, order, runtime } = this.#options;
    const silent = attempts.current;
    const failure = silent?.isProbe ? attempts.stalled() : SLOW;
    if (failure === undefined || !attempts.othersLeft || this.delayAfter(failure) === undefined) return undefined;
    const why = `its connection was silent for ${SILENT_MS} ms, and a PING was not answered`;
    order.trail.decided('traffic.outlier.stall', why, runtime.now(), silent?.endpoint);
    return failure;
  }

  /** While no response comes: is the instance hanging, and shall another be asked now? */
  whileOverdue(): AttemptFailure | undefined {
    const { attempts, patience, order, runtime } = this.#options;
    const now = runtime.now();
    if (patience.hasStalled(now)) {
      const failure = attempts.stalled();
      if (failure !== undefined && attempts.othersLeft && this.delayAfter(failure) !== undefined) return failure;
      patience.onStall(now, { isJudged: failure !== undefined });
    }
    if (!patience.isTryOver(now)) return undefined;
    const slow = attempts.current?.endpoint;
    if (attempts.othersLeft && this.delayAfter(SLOW) !== undefined) {
      const { trail, policy } = order;
      trail.decided('traffic.timeout.perTry', `no response within ${policy.timeout.perTryMs} ms`, now, slow);
      return SLOW;
    }
    // Where nobody else may be asked, this try gets all the time that is left.
    patience.onLastTry();
    return undefined;
  }
}

const SILENT_MS = LIMITS.http2PingAfterMs + LIMITS.http2SilentMs;
const SLOW: AttemptFailure = { kind: 'slow' };
