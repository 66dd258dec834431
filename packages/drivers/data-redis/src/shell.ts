import {
  DriverError,
  SHELL_LIMITS,
  type ShellOutcome,
  type ShellValue,
  type StoreShell,
  shellValue,
} from '@islet/driver';
import { type Login, readerOf, withClient } from './client.ts';
import { loginOf, type StartedRedis } from './records.ts';

export function createShell(started: (service: string) => StartedRedis): StoreShell {
  return {
    run: ({ service, text, write }, { signal }) => {
      const server = started(service);
      const { login: user, password } = loginOf(server);
      return runCommand(write ? { port: server.port, user, password } : readerOf(server), text, signal);
    },
    seed: async ({ service }) => {
      throw new DriverError('unsupported', `the store of ${service} is Redis, which has no SQL to be seeded with`, {
        hint: 'seed: { command: … }',
      });
    },
  };
}

/** One command for a person. Who may only look logs in as a user that may only look. */
async function runCommand(login: Login, text: string, signal: AbortSignal): Promise<ShellOutcome> {
  const words = wordsOf(text);
  if (words === undefined) return { kind: 'failed', reason: 'a quote is never closed' };
  if (words.length === 0) return { kind: 'failed', reason: 'there is no command' };
  return withClient(login, AbortSignal.any([signal, AbortSignal.timeout(SHELL_LIMITS.runMs)]), async (send) => {
    try {
      return outcomeOf(await send(...words));
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  });
}

function outcomeOf(reply: unknown): ShellOutcome {
  const all = Array.isArray(reply) ? reply : [reply];
  const rows = all.slice(0, SHELL_LIMITS.rows).map((value): ShellValue[] => [shellValue(value)]);
  return { kind: 'rows', columns: ['reply'], rows, more: all.length > SHELL_LIMITS.rows };
}

/** As redis-cli takes them apart: quotes hold a word together, a backslash the next character. Undefined: no end of a quote. */
export function wordsOf(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\' && quote !== "'") {
      at++;
      word = (word ?? '') + (text[at] ?? '');
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character) || (character === ';' && text.slice(at + 1).trim() === '')) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return quote === undefined ? words : undefined;
}
