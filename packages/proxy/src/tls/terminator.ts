import type { Socket } from 'node:net';
import { createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import type { CertificateFiles } from '@islet/policy';
import { LIMITS } from '../limits.ts';
import { CIPHERS } from './certificate.ts';
import { Certificates } from './certificates.ts';

/** What is spoken over TLS, the better first. A client that names others alone is refused (RFC 7301). */
const PROTOCOLS = ['h2', 'http/1.1'] as const;

/** Makes of connections that begin with a handshake such that are read as plain text. */
export class Terminator {
  readonly #certificates = new Certificates();
  readonly #server: Server;
  readonly #timer: NodeJS.Timeout;

  constructor(onSecure: (socket: TLSSocket) => void) {
    this.#server = createServer({
      // Of a list, the runtime makes a copy for each connection, and holds with it the pool that it was cut from.
      ALPNCallback: ({ protocols }) => PROTOCOLS.find((one) => protocols.includes(one)),
      SNICallback: (host, done) => this.#choose(host, done),
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      honorCipherOrder: true,
      handshakeTimeout: LIMITS.tlsHandshakeMs,
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#server.on('secureConnection', onSecure);
    // A handshake that fails costs its own connection.
    this.#server.on('tlsClientError', (_, socket) => socket.destroy());
    this.#timer = setInterval(() => void this.#look(), LIMITS.certificateLookMs).unref();
  }

  /** Returns when the certificates are loaded, or known to be unusable. */
  async use(files: readonly CertificateFiles[]): Promise<void> {
    await this.#certificates.use(files);
    this.#setDefault();
  }

  problems(wallNow: number): readonly string[] {
    return this.#certificates.problems(wallNow);
  }

  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    await this.#certificates.look();
    this.#setDefault();
  }

  /** For clients that name no host: the runtime asks nobody for those. */
  #setDefault(): void {
    const first = this.#certificates.choose(undefined);
    if (first !== undefined)
      this.#server.setSecureContext({ ...first.material, minVersion: 'TLSv1.2', ciphers: CIPHERS });
  }

  #choose(host: string, done: (error: Error | null, context?: SecureContext) => void): void {
    const chosen = this.#certificates.choose(host);
    if (chosen === undefined) done(new Error('no certificate can be used'));
    else done(null, chosen.context);
  }
}
