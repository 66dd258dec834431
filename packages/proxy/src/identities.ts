import { readFile } from 'node:fs/promises';
import type { IdentitySpec } from '@islet/policy';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { LIMITS } from './limits.ts';

/**
 * Who sends a request, by the token that it carries: a claim counts only of a token that was verified. That takes a
 * millisecond, and keys that may have to be fetched, and no request waits for it: a token that comes for the first time is
 * nobody's yet, and known from a moment later on. Its verdict is kept until it ends.
 */
export class Identities {
  readonly #spec: IdentitySpec;
  readonly #known = new Map<string, Verdict>();
  #keys: JWTVerifyGetKey | undefined;
  #loadedAt = 0;
  #pending = 0;

  constructor(spec: IdentitySpec) {
    this.#spec = spec;
  }

  get spec(): IdentitySpec {
    return this.#spec;
  }

  /** Tokens that are being looked at. */
  get pending(): number {
    return this.#pending;
  }

  /** Undefined where there is no token, or none that is known to be good. `wall`: milliseconds since the epoch. */
  claimOf(authorization: string | undefined, claim: string, wall: number): string | undefined {
    const [, token] = (authorization !== undefined && BEARER.exec(authorization)) || [];
    if (token === undefined) return undefined;
    const verdict = this.#known.get(token);
    if (verdict === undefined || verdict.until <= wall) {
      this.#verify(token, wall);
      return undefined;
    }
    const value = verdict.claims?.[claim];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }

  #verify(token: string, wall: number): void {
    if (this.#pending >= LIMITS.tokensPending) return;
    this.#pending++;
    // Not looked at a second time while it is looked at.
    this.#keep(token, { claims: undefined, until: wall + LIMITS.tokenDoubtMs });
    void this.#claims(token)
      .then(({ claims, until }) => this.#keep(token, { claims, until: until ?? Date.now() + LIMITS.tokenTrustMs }))
      // Keys change, and may not be there now: what is not good is looked at again.
      .catch(() => this.#keep(token, { claims: undefined, until: Date.now() + LIMITS.tokenDoubtMs }))
      .finally(() => {
        this.#pending--;
      });
  }

  async #claims(token: string): Promise<{ readonly claims: JWTPayload; readonly until: number | undefined }> {
    const { issuer, audience } = this.#spec;
    const { jwtVerify } = await loadJose();
    const { payload } = await jwtVerify(token, await this.#keysNow(), {
      issuer,
      ...(audience === undefined ? {} : { audience }),
      algorithms: [...ALGORITHMS],
      clockTolerance: 5,
    });
    return { claims: payload, until: payload.exp === undefined ? undefined : payload.exp * 1000 };
  }

  /** Those of an address are fetched again when one is not among them; a file is read again now and then. */
  async #keysNow(): Promise<JWTVerifyGetKey> {
    const { keys } = this.#spec;
    const isOld = keys.kind === 'file' && Date.now() - this.#loadedAt > LIMITS.tokenDoubtMs;
    if (this.#keys !== undefined && !isOld) return this.#keys;
    const { createLocalJWKSet, createRemoteJWKSet } = await loadJose();
    if (keys.kind === 'url')
      this.#keys = createRemoteJWKSet(new URL(keys.url), { timeoutDuration: LIMITS.keysFetchMs });
    else this.#keys = createLocalJWKSet(JSON.parse(await readFile(keys.file, 'utf8')));
    this.#loadedAt = Date.now();
    return this.#keys;
  }

  #keep(token: string, verdict: Verdict): void {
    this.#known.delete(token);
    this.#known.set(token, verdict);
    if (this.#known.size <= LIMITS.tokensKnown) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

/** Fifty modules, which a proxy that verifies nothing need not wait for. */
function loadJose(): Promise<typeof import('jose')> {
  return import('jose');
}

interface Verdict {
  /** Undefined: it is not good, or not known yet. */
  readonly claims: JWTPayload | undefined;
  readonly until: number;
}

/** Longer ones are nobody's. */
const BEARER = /^bearer +([\w-]{1,4000}\.[\w-]{1,6000}\.[\w-]{1,2000})$/i;
/** Those of a pair of keys: whoever can verify can't sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
