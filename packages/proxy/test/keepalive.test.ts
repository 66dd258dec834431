import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../src/limits.ts';
import { Keepalive } from '../src/upstream/keepalive.ts';

const { http2PingAfterMs, http2SilentMs, http2PingTimeoutMs, http2PingSpacingMs } = LIMITS;
/** The `maxPingStrikes` of all of them. */
const MOST_STRIKES = 2;

/** A connection on a clock that the test moves. Deadlines are looked at ten times a second. */
function watched() {
  let now = 0;
  const events: string[] = [];
  const user = {
    streams: 0,
    ping: () => void events.push('ping'),
    onSilent: () => void events.push('silent'),
    onHeard: () => void events.push('heard'),
    onDead: () => void events.push('dead'),
  };
  const keepalive = new Keepalive(user, () => now);
  const pass = (ms: number) => {
    for (const until = now + ms; now < until; ) {
      now = Math.min(now + 100, until);
      if (keepalive.deadlineAt <= now) keepalive.onDeadline();
    }
  };
  const call = () => {
    user.streams++;
    keepalive.onCall(now);
  };
  const read = (answers: boolean) => keepalive.onRead(now, answers);
  return { keepalive, user, events, pass, call, read, now: () => now };
}

test('nothing is asked where nobody waits, however long nothing comes', () => {
  const { events, pass, read, call, user } = watched();
  read(false);
  pass(600_000);
  call();
  read(true);
  user.streams = 0;
  pass(600_000);
  assert.deepEqual(events, []);
});

test('a call of which nothing comes is asked about, and one that is answered in time is not', () => {
  const { events, pass, call, read } = watched();
  read(false);
  pass(60_000);
  call();
  pass(http2PingAfterMs - 1);
  read(true);
  pass(http2PingAfterMs - 1);
  assert.deepEqual(events, []);
  pass(1);
  assert.deepEqual(events, ['ping']);
});

test('calls that are sent one after the other do not put the question off', () => {
  const { events, pass, call } = watched();
  for (let nth = 0; nth < 6; nth++) {
    call();
    pass(100);
  }
  assert.deepEqual(events, ['ping']);
});

test('whatever comes after a PING answers it, and what has been silent is heard again', () => {
  const { events, pass, call, read, keepalive } = watched();
  call();
  pass(http2PingAfterMs);
  read(false);
  pass(http2SilentMs);
  assert.deepEqual([keepalive.silent, ...events], [false, 'ping']);
  call();
  pass(http2PingAfterMs + http2SilentMs);
  assert.deepEqual([keepalive.silent, ...events], [true, 'ping', 'ping', 'silent']);
  read(false);
  assert.deepEqual([keepalive.silent, ...events], [false, 'ping', 'ping', 'silent', 'heard']);
});

test('what stays silent is dead, also when its calls have been given up meanwhile', () => {
  const { events, pass, call, user } = watched();
  call();
  pass(http2PingAfterMs + http2SilentMs);
  user.streams = 0;
  pass(http2PingTimeoutMs - http2SilentMs - 100);
  assert.deepEqual(events, ['ping', 'silent']);
  pass(100);
  assert.deepEqual(events, ['ping', 'silent', 'dead']);
});

test('a call that is long in coming is asked about once, and then when so much time has passed that every server takes it', () => {
  const { events, pass, call, read, user } = watched();
  user.ping = () => {
    events.push('ping');
    read(false);
  };
  call();
  pass(60 * 60_000);
  assert.equal(events.length, 1 + Math.floor((60 * 60_000 - http2PingAfterMs) / http2PingSpacingMs));
});

/** What servers of gRPC in Go, Java and C++ count alike (`too_many_pings`), as `handlePing` of grpc-go has it. */
class Enforcement {
  strikes = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #isForgotten = false;

  /** It sends a head or a body. */
  sends(): void {
    this.#isForgotten = true;
  }

  onPing(now: number): void {
    if (this.#isForgotten) this.strikes = 0;
    else if (now - this.#lastAt < 300_000) this.strikes++;
    this.#isForgotten = false;
    this.#lastAt = now;
  }
}

test('no server of gRPC is ever asked too often, whatever calls and answers do', () => {
  const act = fc.oneof(
    fc.constant('call' as const),
    fc.constant('answer' as const),
    fc.constant('crossing' as const),
    fc.constant('other' as const),
    fc.integer({ min: 1, max: 400_000 }),
    fc.integer({ min: 1, max: 1_500 }),
  );
  fc.assert(
    fc.property(fc.array(act, { minLength: 20, maxLength: 40, size: 'max' }), (acts) => {
      const { pass, call, read, user, now } = watched();
      const server = new Enforcement();
      let asked = 0;
      let crosses = false;
      user.ping = () => {
        asked++;
        server.onPing(now());
        if (!crosses) read(false);
      };
      for (const one of acts) {
        if (one === 'call') call();
        else if (one === 'other') read(false);
        else if (one === 'answer') {
          server.sends();
          read(true);
        } else if (one === 'crossing') {
          // It answers, and gets a PING before that has arrived here.
          server.sends();
          crosses = true;
          pass(http2PingAfterMs);
          crosses = false;
          read(true);
        } else pass(one);
        assert.ok(server.strikes <= MOST_STRIKES, `${server.strikes} strikes after ${asked} PINGs`);
      }
    }),
    { numRuns: 300 },
  );
});
