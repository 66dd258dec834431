import type { Browser, Page } from 'playwright-core';

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds on the processor. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

export interface BusyTasks {
  readonly count: number;
  /** On the processor. */
  readonly longestMs: number;
}

/**
 * What the page's own thread did meanwhile, by the processor's time: on a machine that others use too, a task's time by the
 * clock is mostly the others'. The browser keeps every task of it in memory, so not for minutes.
 */
export async function busyTasks(
  browser: Browser,
  page: Page,
  { overMs, during }: { readonly overMs: number; readonly during: () => Promise<void> },
): Promise<BusyTasks> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await during();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const mains = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(threadOf),
  );
  const times = traceEvents
    .filter((event) => event.ph === 'X' && event.name.endsWith('RunTask') && mains.has(threadOf(event)))
    .map(({ tdur = 0 }) => tdur / 1000);
  return {
    count: times.filter((ms) => ms > overMs).length,
    longestMs: times.reduce((longest, ms) => Math.max(longest, ms), 0),
  };
}
