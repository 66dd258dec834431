import type { ForwardStatus } from '@islet/client';
import type { Condition } from '@islet/policy';

/** A backend may be away for so long before it is said: it is being restarted. */
const GRACE_MS = 60_000;
/** That records were lost is said for so long after the last one was. */
const LOSS_MS = 10 * 60_000;

/** What is wrong with one backend. */
interface Trouble {
  readonly url: string;
  readonly why: string;
}

/** Watches whether telemetry reaches the backends that it is forwarded to, and whether records were lost on the way. */
export class ForwardWatch {
  #status: readonly ForwardStatus[] = [];
  /** By backend and signal, how many were lost when it was last looked at, and when that last grew. */
  readonly #losses = new Map<string, { readonly lost: number; readonly at: number | undefined }>();

  /** What the telemetry process tells now. */
  see(status: readonly ForwardStatus[], now: number): void {
    this.#status = status;
    const keys = new Set<string>();
    for (const one of status) {
      const key = keyOf(one);
      const lost = one.dropped + one.rejected;
      const before = this.#losses.get(key);
      // A process that begins anew counts from none.
      const hasGrown = lost > (before === undefined || before.lost > lost ? 0 : before.lost);
      this.#losses.set(key, { lost, at: hasGrown ? now : before?.at });
      keys.add(key);
    }
    for (const key of this.#losses.keys()) if (!keys.has(key)) this.#losses.delete(key);
  }

  conditions(now: number): readonly Condition[] {
    return this.#troubles(now).map(({ url, why }) => ({
      rule: 'forwarding',
      service: undefined,
      part: url,
      severity: 'ticket',
      summary: `telemetry does not all reach ${url}`,
      why,
      help: 'nothing is missing here: islet logs and islet traces have it; telemetry.forward of islet.yaml says where it goes',
    }));
  }

  warnings(now: number): readonly string[] {
    return this.#troubles(now).map(({ url, why }) => `telemetry does not all reach ${url}: ${why}`);
  }

  #troubles(now: number): readonly Trouble[] {
    return [...Map.groupBy(this.#status, ({ url }) => url)].flatMap(([url, signals]) => {
      const told = signals.flatMap((one) => {
        const loss = this.#losses.get(keyOf(one));
        const isAway = one.since !== undefined && now - one.since >= GRACE_MS;
        const isLosing = loss?.at !== undefined && now - loss.at < LOSS_MS;
        return isAway || isLosing ? [textOf(one)] : [];
      });
      return told.length === 0 ? [] : [{ url, why: told.join('; ') }];
    });
  }
}

function keyOf({ url, signal }: ForwardStatus): string {
  return `${signal} ${url}`;
}

function textOf({ signal, problem, since, dropped, rejected, waiting }: ForwardStatus): string {
  const lasts = since === undefined ? '' : ` since ${new Date(since).toISOString()}`;
  const counts = [
    ...(waiting === 0 ? [] : [`${waiting} records wait`]),
    ...(dropped === 0 ? [] : [`${dropped} were dropped: no room was left for them`]),
    ...(rejected === 0 ? [] : [`${rejected} were refused`]),
  ].join(', ');
  return `${signal}: ${problem ?? 'they come faster than it takes them'}${lasts}${counts === '' ? '' : ` (${counts})`}`;
}
