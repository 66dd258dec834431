import type { Answer, ApiError, Input, RouteName } from '@islet/client/browser';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { share } from '../model/share.ts';
import { api, failureOf } from './api.ts';
import { type Cell, createCell } from './cell.ts';

export interface Asked<T> {
  /** The last answer, also while it is asked again: what is on the screen does not flicker. */
  readonly value: T | undefined;
  /** Why the last try had no answer. */
  readonly error: ApiError | undefined;
  readonly isAsking: boolean;
  readonly askedAt: number | undefined;
}

const NOTHING: Asked<never> = { value: undefined, error: undefined, isAsking: false, askedAt: undefined };
/** Answers that are kept, for a page that is come back to. */
const KEPT = 80;
/** What changes many times a second is asked for once. */
const SPACING_MS = 1_000;
/** What a person changes, such as a moment that is dragged along. */
const DRAGGED_MS = 150;

const cells = new Map<string, Cell<Asked<unknown>>>();

/** What of a question moves on with time: the answer to the same question of a moment ago is shown until the new one is there. */
const MOVING = new Set(['from', 'to', 'at']);

/**
 * The answer of one route. `on`: whenever this is another value, it is asked again; nothing is asked on a clock.
 * `when: false` asks nothing.
 */
export function useAsk<N extends RouteName>(
  name: N,
  input: Input<N>,
  { on, when = true }: { readonly on?: unknown; readonly when?: boolean } = {},
): Asked<Answer<N>> & { readonly again: () => void } {
  const question = JSON.stringify([name, input]);
  const key = JSON.stringify([name, input], (field, value: unknown) => (MOVING.has(field) ? undefined : value));
  const cell = cellOf<Answer<N>>(key);
  const [turn, setTurn] = useState(0);
  const lastQuestion = useRef(question);
  const asked = useSyncExternalStore(cell.subscribe, cell.get);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `question` stands for name and input, `key` for the cell, `turn` and `on` say when.
  useEffect(() => {
    if (!when) return undefined;
    const last = cell.get().askedAt ?? 0;
    const spacing = question === lastQuestion.current ? SPACING_MS : DRAGGED_MS;
    lastQuestion.current = question;
    const wait = turn > 0 ? 0 : Math.max(0, last + spacing - Date.now());
    const timer = setTimeout(() => void ask(cell, name, input), wait);
    return () => clearTimeout(timer);
  }, [question, turn, on, when]);
  return { ...asked, again: () => setTurn((before) => before + 1) };
}

function cellOf<T>(key: string): Cell<Asked<T>> {
  const known = cells.get(key);
  if (known !== undefined) return known as Cell<Asked<T>>;
  const [oldest] = cells.keys();
  if (cells.size >= KEPT && oldest !== undefined) cells.delete(oldest);
  const cell = createCell<Asked<T>>(NOTHING);
  cells.set(key, cell as Cell<Asked<unknown>>);
  return cell;
}

/** Who asks later is answered later: an answer that was overtaken is thrown away. */
async function ask<N extends RouteName>(cell: Cell<Asked<Answer<N>>>, name: N, input: Input<N>): Promise<void> {
  const askedAt = Math.max(Date.now(), (cell.get().askedAt ?? 0) + 0.001);
  cell.set({ ...cell.get(), isAsking: true, askedAt });
  const isNewest = () => cell.get().askedAt === askedAt;
  try {
    const value = await api.ask(name, input);
    if (isNewest()) cell.set({ value: share(cell.get().value, value), error: undefined, isAsking: false, askedAt });
  } catch (thrown) {
    const error = failureOf(thrown);
    if (isNewest()) cell.set({ ...cell.get(), error, isAsking: false });
  }
}
