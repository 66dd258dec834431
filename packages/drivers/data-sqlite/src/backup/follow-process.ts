import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DriverError, type LogChunk } from '@islet/driver';
import type { FollowAnswer, FollowRequest } from './follow-protocol.ts';

const PROGRAM = fileURLToPath(new URL('./follow-main.ts', import.meta.url));

type Asked = FollowRequest extends infer Request
  ? Request extends FollowRequest
    ? Omit<Request, 'id'>
    : never
  : never;

/** The process that follows, started when it is first needed, and again when it died. It ends with this one. */
export class FollowProcess {
  #child: ChildProcess | undefined;
  #ids = 0;
  readonly #waiting = new Map<number, PromiseWithResolvers<Exclude<FollowAnswer, { kind: 'failed' }>>>();

  /** Throws `not-found` where what comes next is there no more. */
  async next(asked: Omit<Extract<Asked, { kind: 'next' }>, 'kind'>, signal: AbortSignal): Promise<LogChunk> {
    const answer = await this.#ask({ ...asked, kind: 'next' }, signal);
    if (answer.kind !== 'chunk') throw new DriverError('internal', 'the log was asked for, and something else came');
    return answer.chunk;
  }

  async end(asked: Omit<Extract<Asked, { kind: 'end' }>, 'kind'>, signal: AbortSignal): Promise<string> {
    const answer = await this.#ask({ ...asked, kind: 'end' }, signal);
    if (answer.kind !== 'end')
      throw new DriverError('internal', "the log's end was asked for, and something else came");
    return answer.end;
  }

  async #ask(asked: Asked, signal: AbortSignal) {
    signal.throwIfAborted();
    const id = ++this.#ids;
    const answered = Promise.withResolvers<Exclude<FollowAnswer, { kind: 'failed' }>>();
    const abort = () => answered.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.set(id, answered);
    const child = this.#running();
    // While somebody waits, this process has something to do.
    child.channel?.ref();
    child.send({ ...asked, id } satisfies FollowRequest, (error) => error && answered.reject(lost(error.message)));
    try {
      return await answered.promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) child.channel?.unref();
    }
  }

  #running(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const child = fork(PROGRAM, {
      cwd: '/',
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.unref();
    child.on('message', (answer: FollowAnswer) => this.#settle(answer));
    const end = (how: string) => {
      if (this.#child === child) this.#child = undefined;
      for (const waiting of this.#waiting.values()) waiting.reject(lost(how));
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(`it ended: ${signal ?? code}`));
    this.#child = child;
    return child;
  }

  #settle(answer: FollowAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (answer.kind !== 'failed') {
      waiting?.resolve(answer);
      return;
    }
    const code = answer.code === 'gone' ? 'not-found' : 'unavailable';
    waiting?.reject(new DriverError(code, `the SQLite file can't be followed: ${answer.why}`));
  }
}

function lost(how: string): DriverError {
  return new DriverError('unavailable', `the process that follows SQLite files is gone: ${how}`);
}
