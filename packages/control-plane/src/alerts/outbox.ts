import type { Condition } from '@islet/policy';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { isPutOff } from '../put-off.ts';
import type { AlertStore, Delivery } from './database.ts';
import { messageOf } from './message.ts';
import type { Receiver } from './receivers.ts';

export interface OutboxParts {
  readonly store: Pick<AlertStore, 'deliveries' | 'delivered' | 'postpone'>;
  readonly receivers: () => readonly Receiver[];
  readonly system: () => string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  readonly redact: (text: string) => string;
}

/** Brings every receiver what it is owed: at least once, in order, and each one apart from the others. */
export interface Outbox {
  /** Sends all that is due; resolves when each was tried. */
  send(): Promise<void>;
  /** Receivers that are not reached: an alert that nobody gets is worth one itself. */
  conditions(): readonly Condition[];
}

const RETRY = { firstMs: 5_000, longestMs: 10 * 60_000, giveUpMs: 24 * 3_600_000 } as const;
const SEND_MS = 15_000;
/** So many tries in a row, and it is said. */
const UNREACHED = 3;

export function createOutbox(parts: OutboxParts): Outbox {
  const { store, clock, log, redact } = parts;
  const busy = new Set<string>();
  const troubles = new Map<string, { readonly attempts: number; readonly name: string; readonly why: string }>();

  const attempt = async (receiver: Receiver, delivery: Delivery & { readonly id: number }): Promise<boolean> => {
    const { id, notice, at } = delivery;
    try {
      await receiver.send(messageOf(notice, { system: parts.system(), at }), { signal: AbortSignal.timeout(SEND_MS) });
      store.delivered(id);
      troubles.delete(receiver.key);
      return true;
    } catch (error) {
      const why = redact((error as Error).message);
      const attempts = delivery.attempts + 1;
      log.warn({ alert: notice.alert.id, receiver: receiver.name, attempts, error: why }, 'an alert was not delivered');
      troubles.set(receiver.key, { attempts, name: receiver.name, why });
      const waitMs = Math.min(RETRY.firstMs * 2 ** (attempts - 1), RETRY.longestMs);
      store.postpone(id, { attempts, nextAt: clock.now() + waitMs });
      return false;
    }
  };
  const serve = async (receiver: Receiver, owed: readonly Delivery[]) => {
    if (busy.has(receiver.key)) return;
    busy.add(receiver.key);
    try {
      for (const delivery of owed) {
        const { id } = delivery;
        if (id === undefined) continue;
        const now = clock.now();
        if (now - delivery.at > RETRY.giveUpMs) store.delivered(id);
        // What comes later waits: an end that is told before its beginning would mislead.
        else if (
          isPutOff(delivery.nextAt, { mostMs: RETRY.longestMs, now }) ||
          !(await attempt(receiver, { ...delivery, id }))
        )
          return;
      }
    } finally {
      busy.delete(receiver.key);
    }
  };

  return {
    send: async () => {
      const receivers = parts.receivers();
      const owed = store.deliveries();
      const known = new Set(receivers.map(({ key }) => key));
      for (const { id, receiver } of owed) if (!known.has(receiver) && id !== undefined) store.delivered(id);
      for (const key of troubles.keys()) if (!known.has(key)) troubles.delete(key);
      await Promise.all(
        receivers.map((receiver) =>
          serve(
            receiver,
            owed.filter((delivery) => delivery.receiver === receiver.key),
          ),
        ),
      );
    },
    conditions: () =>
      [...troubles].flatMap(([key, { attempts, name, why }]): Condition[] =>
        attempts < UNREACHED
          ? []
          : [
              {
                rule: 'delivery',
                service: undefined,
                part: key,
                severity: 'ticket',
                summary: `alerts do not reach ${name}`,
                why: `${attempts} tries in a row failed, the last one because: ${why}`,
                help: 'correct alerts in islet.yaml, or the secret that it names',
              },
            ],
      ),
  };
}
