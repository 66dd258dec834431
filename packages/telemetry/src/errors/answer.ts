import { ApiError, type ErrorGroup as ToldGroup } from '@islet/client';
import { type ErrorBook, type ErrorGroup, sparkOf } from '@islet/errors';
import { findLogs } from '../query/logs.ts';
import type { TelemetryHandlers } from '../serve/api.ts';
import type { Store } from '../store/store.ts';

interface Parts {
  readonly book: ErrorBook;
  readonly store: Store;
  readonly now: () => number;
}

type ErrorHandlers = Required<Pick<TelemetryHandlers, 'errorGroups' | 'errorGroup' | 'markErrorGroup'>>;

/** What of its instance's logs is shown with the newest occurrence. */
const AROUND = { beforeMs: 10_000, afterMs: 2_000, lines: 20 } as const;
const LISTED = 500;

export function errorHandlers(parts: Parts): ErrorHandlers {
  const { book, now } = parts;
  return {
    errorGroups: (asked) => {
      const { service, state, from, to } = asked ?? {};
      const filter = { service, state, from: numberOf(from), to: numberOf(to) };
      return book
        .list(filter)
        .slice(0, LISTED)
        .map((group) => toldGroup(group, now()));
    },
    errorGroup: ({ group }) => whole(parts, found(book.find(group), group)),
    markErrorGroup: ({ group, state }) => whole(parts, found(book.mark(group, state, now()), group)),
  };
}

async function whole({ store, now }: Parts, group: ErrorGroup): Promise<ToldGroup> {
  const { at, instance, stack, attributes } = group.sample;
  const { service } = group;
  const stretch = { from: at - AROUND.beforeMs, to: at + AROUND.afterMs, limit: AROUND.lines };
  const { logs } = await findLogs(store, { service, instance, ...stretch }, now());
  const logsAround = logs.toReversed().map((log) => `${new Date(log.at).toISOString()} ${log.text.split('\n')[0]}`);
  return { ...toldGroup(group, now()), sample: { stack, attributes: { ...attributes }, logsAround } };
}

function toldGroup(group: ErrorGroup, now: number): ToldGroup {
  const { group: id, version, service, type, message, culprit, state, firstRevision } = group;
  const { firstSeen, lastSeen, count, revisions, instances, traces } = group;
  return {
    group: id,
    version,
    service,
    type,
    message,
    state: state.kind,
    firstSeen,
    lastSeen,
    count,
    ...(culprit !== undefined && { culprit }),
    ...(firstRevision !== undefined && { firstRevision }),
    revisions: [...revisions],
    instances: [...instances],
    traces: [...traces],
    spark: sparkOf(group, now),
  };
}

function found(group: ErrorGroup | undefined, id: string): ErrorGroup {
  if (group !== undefined) return group;
  throw new ApiError('not-found', `there is no group of errors ${id}`, { hint: 'islet errors' });
}

function numberOf(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}
