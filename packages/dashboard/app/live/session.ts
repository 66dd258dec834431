import { DASHBOARD_HEADER } from '@islet/client/browser';
import { createCell } from './cell.ts';

/** Whether this browser is let in. The key is half of it; the cookie, which no script sees, the other. */
const KEY = 'islet.key';

export const session = createCell<'in' | 'out'>(localStorage.getItem(KEY) === null ? 'out' : 'in');

export function keyHeaders(): Record<string, string> {
  const key = localStorage.getItem(KEY);
  return key === null ? {} : { [DASHBOARD_HEADER]: key };
}

export interface Refused {
  readonly message: string;
  readonly hint: string | undefined;
}

/** Uses up a login link's code. Undefined: we are in. */
export async function enter(code: string): Promise<Refused | undefined> {
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  const answer = (await response.json()) as { key?: string; error?: { message: string; hint?: string } };
  if (answer.key === undefined) {
    return { message: answer.error?.message ?? `HTTP ${response.status}`, hint: answer.error?.hint };
  }
  localStorage.setItem(KEY, answer.key);
  session.set('in');
  return undefined;
}

export async function leave(): Promise<void> {
  await fetch('/session', { method: 'DELETE', headers: keyHeaders() }).catch(() => undefined);
  forget();
}

/** The control plane does not know us any more. */
export function forget(): void {
  localStorage.removeItem(KEY);
  session.set('out');
}
