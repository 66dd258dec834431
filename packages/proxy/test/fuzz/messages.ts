import type { Dice } from './dice.ts';

/*
 * Requests and responses at random: grown from the grammar, so that most of them are nearly right, with parts in which
 * parsers are known to differ, and then spoilt a little more byte by byte. All are latin1 strings.
 */

/** One or more requests, as a client might pipeline them. Every target and body bears `mark`. */
export function randomRequests(dice: Dice, mark: string): string {
  const count = dice.pick([1, 1, 2, 3]);
  const text = Array.from({ length: count }, (_, index) => request(dice, `${mark}.${index}`)).join('');
  return dice.chance(0.4) ? spoil(text, dice) : text;
}

/** What an instance might say to one `GET`. */
export function randomResponse(dice: Dice, mark: string): string {
  const body = bodyOf(dice, mark);
  const end = () => lineEnd(dice);
  const framing = dice.pick<(text: string) => readonly [string, string]>([
    (text) => [`Content-Length: ${text.length}${end()}`, text],
    (text) => [`Transfer-Encoding: chunked${end()}`, chunked(text, dice)],
    (text) => [`Content-Length: ${oddNumber(text.length, dice)}${end()}`, text],
    (text) => [`Transfer-Encoding: ${dice.pick(CODINGS)}${end()}`, chunked(text, dice)],
    (text) => [
      `Content-Length: ${text.length}${end()}Transfer-Encoding: ${dice.pick(CODINGS)}${end()}`,
      chunked(text, dice),
    ],
    (text) => [`Connection: close${end()}`, text],
  ]);
  const [fields, content] = framing(body);
  const status = dice.pick(['200 OK', '200', '204 No Content', '304 Not Modified', '404 Nope', '1000 Much', '20 Few']);
  const version = dice.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'http/1.1']);
  const before = dice.chance(0.1) ? `HTTP/1.1 100 Continue\r\n\r\n` : '';
  const text = `${before}${version} ${status}${end()}X-Mark: ${mark}${end()}${fields}${end()}${content}`;
  return dice.chance(0.3) ? spoil(text, dice) : text;
}

function request(dice: Dice, mark: string): string {
  const end = () => lineEnd(dice);
  const method = dice.pick(['GET', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);
  const target = dice.pick([`/${mark}`, `/${mark}?q=%20`, `http://h/${mark}`, `/a/../${mark}`, `//${mark}`]);
  const version = dice.chance(0.95) ? 'HTTP/1.1' : dice.pick(['HTTP/1.0', 'HTTP/1.2', 'HTTP/01.1', 'HTTP/2.0', '']);
  const [fields, body] = framed(method, bodyOf(dice, mark), dice);
  const extra = dice.chance(0.3) ? `${dice.pick(ODD_FIELDS)}${end()}` : '';
  return `${method} ${target} ${version}${end()}Host: h${end()}${extra}${fields}${end()}${body}`;
}

function framed(method: string, body: string, dice: Dice): readonly [fields: string, body: string] {
  if ((method === 'GET' || method === 'OPTIONS') && dice.chance(0.8)) return ['', ''];
  const end = () => lineEnd(dice);
  const length = () => `${dice.pick(LENGTH_NAMES)} ${oddNumber(body.length, dice)}${end()}`;
  const coding = () => `${dice.pick(CODING_NAMES)} ${dice.pick(CODINGS)}${end()}`;
  return dice.pick<() => readonly [string, string]>([
    () => [`Content-Length: ${body.length}${end()}`, body],
    () => [`Transfer-Encoding: chunked${end()}`, chunked(body, dice)],
    () => [length(), body],
    () => [coding(), chunked(body, dice)],
    () => [length() + coding(), chunked(body, dice)],
    () => [coding() + length(), dice.chance(0.5) ? body : chunked(body, dice)],
    () => [length() + length(), body],
    () => [coding() + coding(), chunked(body, dice)],
  ])();
}

function bodyOf(dice: Dice, mark: string): string {
  const inner = `GET /inner.${mark} HTTP/1.1\r\nHost: h\r\n\r\n`;
  return dice.pick(['', mark, `${mark}${'x'.repeat(dice.below(200))}`, inner, `0\r\n\r\n${inner}`, `${mark}\r\n`]);
}

function chunked(body: string, dice: Dice): string {
  const end = () => lineEnd(dice);
  let text = '';
  for (let at = 0; at < body.length; ) {
    const size = 1 + dice.below(body.length - at);
    text += `${hex(size, dice)}${extension(dice)}${end()}${body.slice(at, at + size)}${end()}`;
    at += size;
  }
  const trailers = dice.chance(0.1) ? `${dice.pick(ODD_FIELDS)}${end()}` : '';
  return `${text}${dice.pick(['0', '0', '0', '00', '000000', '0x0', ' 0'])}${extension(dice)}${end()}${trailers}${end()}`;
}

function hex(size: number, dice: Dice): string {
  const plain = size.toString(16);
  if (dice.chance(0.85)) return plain;
  return dice.pick([
    plain.toUpperCase(),
    `0${plain}`,
    `0x${plain}`,
    `+${plain}`,
    ` ${plain}`,
    `${plain} `,
    `${plain}_`,
  ]);
}

function extension(dice: Dice): string {
  return dice.chance(0.9)
    ? ''
    : dice.pick([';a=b', ';a="b\r\n"', ';a;b="c\\""', ';a\n', ';', '\t', ';a=\x00', ';\r', '; =b']);
}

function oddNumber(value: number, dice: Dice): string {
  if (dice.chance(0.4)) return String(value);
  const off = value + dice.pick([-1, 1, 5]);
  const odd = [`+${value}`, `-${value}`, `0${value}`, ` ${value} `, `${value}, ${value}`, `${value},`, `0x${value}`];
  return dice.pick([...odd, `${value}.0`, `${value}\t`, String(off), `${value}\x00`, `${value} ${value}`, '']);
}

function lineEnd(dice: Dice): string {
  return dice.chance(0.985)
    ? '\r\n'
    : dice.pick(['\n', '\r', '\r\r\n', '\n\r', '\r\n ', '\0\r\n', ' \r\n', '\r\n\r\n']);
}

/** Changes a few bytes, or cuts, doubles or moves a piece. */
function spoil(text: string, dice: Dice): string {
  let spoilt = text;
  for (let times = dice.pick([1, 1, 2, 4]); times > 0; times--) {
    const at = dice.below(spoilt.length);
    const length = 1 + dice.below(6);
    const piece = spoilt.slice(at, at + length);
    const byte = String.fromCharCode(dice.below(256));
    spoilt = dice.pick([
      spoilt.slice(0, at) + byte + spoilt.slice(at + 1),
      spoilt.slice(0, at) + byte + spoilt.slice(at),
      spoilt.slice(0, at) + dice.pick(['\r\n', '\n', '\r', ' ', '\t', '\0', ':', ';', ',']) + spoilt.slice(at),
      spoilt.slice(0, at) + spoilt.slice(at + length),
      spoilt.slice(0, at) + piece + spoilt.slice(at),
    ]);
  }
  return spoilt;
}

const LENGTH_NAMES = ['Content-Length:', 'content-length:', 'Content-Length :', 'Content_Length:', 'Content-Length\t:'];
const CODING_NAMES = [
  'Transfer-Encoding:',
  'transfer-encoding:',
  'Transfer-Encoding :',
  'Transfer_Encoding:',
  ' Transfer-Encoding:',
  'X: y\nTransfer-Encoding:',
  'Transfer-Encoding:\r\n',
];
const CODINGS = [
  'chunked',
  'chunked',
  'Chunked',
  'identity',
  'gzip, chunked',
  'chunked, identity',
  'chunked;q=1',
  '"chunked"',
  'xchunked',
  '\x0bchunked',
  'chunked,',
  ', chunked',
];
/** No `Expect`: nginx's echo module writes its 100 into the middle of an answer. */
const ODD_FIELDS = [
  'Connection: close',
  'Connection: content-length',
  'Connection: transfer-encoding, keep-alive',
  'Connection: Host',
  'Upgrade: websocket\r\nConnection: upgrade',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
  'Host: other',
  'X-A: b\r\n c',
  'X A: b',
  ': b',
  'X-A',
  'X-\xe9: b',
  'X-A: \xe9',
  'TE: trailers',
  'Trailer: Content-Length',
  'X-Islet-Caller: root',
];
