import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { DEVELOPMENT_DOMAINS } from '@islet/spec';

/** A certificate and its key, both in PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Whom a certificate is for. */
export interface Names {
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
}

/** Until when it holds. Everything is as old as an hour already: the clocks of two machines differ. */
export interface Validity {
  readonly now: number;
  readonly forMs: number;
}

/**
 * A certificate authority that can speak for nothing but this machine and the domains reserved for development: whoever
 * verifies it must refuse any other name below it (RFC 5280, 4.2.1.10), and no further authority either.
 */
export async function makeAuthority(name: string, validity: Validity): Promise<Issued> {
  const x509 = await library();
  const { privateKey, publicKey } = newKey();
  const keys = { privateKey: await signing(privateKey), publicKey: await verifying(publicKey) };
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    ...commonOf(validity),
    name: [{ CN: [name] }],
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTHENTICATION]),
      await nameConstraints(),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: pemOf(cert), key: keyText(privateKey) };
}

/** A server's certificate, signed by the authority. */
export async function issue(
  request: { readonly key: KeyObject; readonly names: Names; readonly validity: Validity },
  authority: { readonly cert: string; readonly key: KeyObject },
): Promise<string> {
  const x509 = await library();
  const { key, names, validity } = request;
  const issuer = new x509.X509Certificate(authority.cert);
  const publicKey = await verifying(key);
  const cert = await x509.X509CertificateGenerator.create({
    ...commonOf(validity),
    subject: [{ CN: [names.hosts[0] ?? 'localhost'] }],
    issuer: issuer.subjectName,
    publicKey,
    signingKey: await signing(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTHENTICATION]),
      new x509.SubjectAlternativeNameExtension([
        ...names.hosts.map((value) => ({ type: 'dns', value }) as const),
        ...names.addresses.map((value) => ({ type: 'ip', value }) as const),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return pemOf(cert);
}

export function newKey(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: ALGORITHM.namedCurve });
}

export function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';
const NAME_CONSTRAINTS = '2.5.29.30';
const HOUR_MS = 3_600_000;

/** Few systems ask for a development certificate, so the library is loaded by those alone, and so is what it asks for. */
async function library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function commonOf({ now, forMs }: Validity) {
  // Positive, and of no more than 20 octets (RFC 5280, 4.1.2.2).
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return {
    serialNumber: serial.toString('hex'),
    notBefore: new Date(now - HOUR_MS),
    notAfter: new Date(now + forMs),
    signingAlgorithm: { ...ALGORITHM, hash: 'SHA-256' },
  };
}

/** What the authority may speak for: the domains with all below them, 127.0.0.0/8, and ::1 alone. */
async function nameConstraints() {
  const x509 = await library();
  const loopback4 = Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]);
  const loopback6 = Buffer.concat([Buffer.alloc(15), Buffer.from([1]), Buffer.alloc(16, 0xff)]);
  const permitted = [
    ...DEVELOPMENT_DOMAINS.map((domain) => der(DNS_NAME, Buffer.from(domain))),
    ...[loopback4, loopback6].map((network) => der(IP_ADDRESS, network)),
  ].map((name) => der(SEQUENCE, name));
  return new x509.Extension(NAME_CONSTRAINTS, true, der(SEQUENCE, der(PERMITTED, Buffer.concat(permitted))));
}

/** The library has a class for each extension but this one. */
function der(tag: number, content: Buffer): Buffer<ArrayBuffer> {
  if (content.length > 0x7f) throw new RangeError('a longer length takes another form');
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}

const SEQUENCE = 0x30;
const PERMITTED = 0xa0;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

function signing(key: KeyObject) {
  return key.toCryptoKey(ALGORITHM, false, ['sign']);
}

function verifying(key: KeyObject) {
  return key.toCryptoKey(ALGORITHM, true, ['verify']);
}

function pemOf(cert: { toString(format: 'pem'): string }): string {
  return `${cert.toString('pem').trim()}\n`;
}
