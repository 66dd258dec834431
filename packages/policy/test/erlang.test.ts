import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { erlangC, meanWaitMs, responseQuantileMs } from '../src/erlang.ts';
import { seeded } from './seeded.ts';

describe('M/M/c', () => {
  /** One server: ρ. Two: 2ρ²/(1+ρ). The last four are the usual example of call centres: ten erlangs, 11 to 14 agents. */
  const table = [
    { servers: 1, erlangs: 0.5, waits: 0.5 },
    { servers: 2, erlangs: 1, waits: 1 / 3 },
    { servers: 3, erlangs: 2, waits: 4 / 9 },
    { servers: 4, erlangs: 2, waits: 4 / 23 },
    { servers: 5, erlangs: 4, waits: 0.5541 },
    { servers: 11, erlangs: 10, waits: 0.682 },
    { servers: 12, erlangs: 10, waits: 0.449 },
    { servers: 13, erlangs: 10, waits: 0.285 },
    { servers: 14, erlangs: 10, waits: 0.174 },
  ];
  for (const { servers, erlangs, waits } of table) {
    it(`has ${waits.toFixed(4)} wait at ${erlangs} erlangs on ${servers}`, () => {
      assert.ok(Math.abs(erlangC(servers, erlangs) - waits) < 0.0005, String(erlangC(servers, erlangs)));
    });
  }

  it('agrees with the formula as it is printed, wherever that does not overflow', () => {
    for (let servers = 1; servers <= 60; servers++)
      for (const load of [0.01, 0.3, 0.7, 0.95, 0.999]) {
        const [told, printed] = [erlangC(servers, servers * load), asPrinted(servers, servers * load)];
        assert.ok(Math.abs(told - printed) < 1e-9, `${servers} at ${load}: ${told}, ${printed}`);
      }
  });

  it('has a number for more servers than a factorial has', () => {
    const waits = erlangC(5_000, 4_950);
    assert.ok(waits > 0.2 && waits < 0.6, String(waits));
  });

  it('has no wait to tell where the load reaches the servers', () => {
    assert.equal(meanWaitMs({ servers: 2, serviceMs: 10 }, 200), undefined);
    assert.equal(responseQuantileMs({ servers: 2, serviceMs: 10 }, 201, 0.95), undefined);
  });

  it('of one server is M/M/1: its response is exponential', () => {
    const station = { servers: 1, serviceMs: 10 };
    near(meanWaitMs(station, 50), 10);
    for (const q of [0.5, 0.95, 0.99]) near(responseQuantileMs(station, 50, q), -20 * Math.log(1 - q));
  });

  it('has the tail of M/M/2 at the load where both of its rates are the same', () => {
    // Erlangs 1 on 2: P(T > t) = e^-t (1 + t/3).
    const t = (responseQuantileMs({ servers: 2, serviceMs: 1 }, 1_000, 0.95) ?? 0) / 1;
    near(Math.exp(-t) * (1 + t / 3), 0.05);
  });

  it('never has anybody wait longer for one server more', () => {
    const random = seeded(20_261);
    for (let round = 0; round < 500; round++) {
      const servers = 1 + Math.floor(random() * 200);
      const serviceMs = 0.1 + random() * 500;
      const rps = (servers * random() * 1000) / serviceMs;
      const [few, more] = [
        { servers, serviceMs },
        { servers: servers + 1, serviceMs },
      ];
      const place = `seed 20261, round ${round}: ${servers} servers, ${serviceMs} ms, ${rps}/s`;
      assert.ok((meanWaitMs(more, rps) ?? 1) <= (meanWaitMs(few, rps) ?? 0) + 1e-9, place);
      assert.ok((responseQuantileMs(more, rps, 0.95) ?? 1) <= (responseQuantileMs(few, rps, 0.95) ?? 0) + 1e-6, place);
    }
  });
});

/** C(c, a) = (a^c/c!)·c/(c−a) / (Σ a^k/k! + (a^c/c!)·c/(c−a)). */
function asPrinted(servers: number, erlangs: number): number {
  let [term, sum] = [1, 0];
  for (let k = 0; k < servers; k++) {
    sum += term;
    term *= erlangs / (k + 1);
  }
  const waiting = (term * servers) / (servers - erlangs);
  return waiting / (sum + waiting);
}

function near(told: number | undefined, right: number): void {
  assert.ok(told !== undefined && Math.abs(told - right) <= 1e-6 * Math.max(1, right), `${told}, not ${right}`);
}
