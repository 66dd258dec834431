import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawInstance, send, world } from './world.ts';

/**
 * Requests that two parsers could read in two ways. Each is refused with its status, and not one byte of it reaches an
 * instance: that is the only way to be sure that nobody behind us reads it differently.
 */
const refused = [
  [
    'both Content-Length and Transfer-Encoding',
    400,
    'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n',
    '0\r\n\r\n',
  ],
  ['Transfer-Encoding before Content-Length', 400, 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'],
  ['two different lengths', 400, 'Content-Length: 3\r\nContent-Length: 4\r\n', 'abc'],
  ['two equal lengths', 400, 'Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'],
  ['a list of lengths', 400, 'Content-Length: 3, 3\r\n', 'abc'],
  ['a length with a plus', 400, 'Content-Length: +3\r\n', 'abc'],
  ['a length with a minus', 400, 'Content-Length: -3\r\n', 'abc'],
  ['a hexadecimal length', 400, 'Content-Length: 0x3\r\n', 'abc'],
  ['a length with a fraction', 400, 'Content-Length: 3.0\r\n', 'abc'],
  ['an exponent', 400, 'Content-Length: 3e0\r\n', 'abc'],
  ['an empty length', 400, 'Content-Length:\r\n', ''],
  ['a length beyond all numbers', 400, 'Content-Length: 99999999999999999999\r\n', ''],
  ['an underscore in a length', 400, 'Content-Length: 1_0\r\n', ''],
  ['a length of nothing, and another', 400, 'Content-Length: 0\r\nContent-Length: 3\r\n', 'abc'],
  ['a length with a parameter', 400, 'Content-Length: 3;a=b\r\n', 'abc'],
  ['two numbers in a length', 400, 'Content-Length: 3 3\r\n', 'abc'],
  ['a length after a vertical tab', 400, 'Content-Length: \x0b3\r\n', 'abc'],
  ['a length before a byte that some take for a blank', 400, 'Content-Length: 3\xa0\r\n', 'abc'],
  ['chunked twice', 400, 'Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'],
  ['chunked in two fields', 400, 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['chunked and then identity', 400, 'Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'],
  ['identity', 400, 'Transfer-Encoding: identity\r\n', ''],
  ['gzip before chunked', 400, 'Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'],
  ['chunked with a parameter', 400, 'Transfer-Encoding: chunked;a=b\r\n', '0\r\n\r\n'],
  ['chunked in quotes', 400, 'Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'],
  ['xchunked', 400, 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
  ['chunked after a vertical tab', 400, 'Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'],
  ['chunked after a byte that some take for a blank', 400, 'Transfer-Encoding: \xa0chunked\r\n', '0\r\n\r\n'],
  ['chunked before a form feed', 400, 'Transfer-Encoding: chunked\x0c\r\n', '0\r\n\r\n'],
  ['chunked before a bare CR', 400, 'Transfer-Encoding: chunked\r\r\n', '0\r\n\r\n'],
  ['chunked with a backslash', 400, 'Transfer-Encoding: chunked\\\r\n', '0\r\n\r\n'],
  ['chunked beside an empty member', 400, 'Transfer-Encoding: ,chunked\r\n', '0\r\n\r\n'],
  ['identity, and chunked in a second field', 400, 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', ''],
  ['the beginning of chunked', 400, 'Transfer-Encoding: chunk\r\n', '0\r\n\r\n'],
  ['a blank inside a name', 400, 'Transfer Encoding: chunked\r\n', '0\r\n\r\n'],
  ['a CR before a name', 400, 'A: b\r\n\rTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['a CR inside a name', 400, 'Transfer\r-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['a line break between a name and its colon', 400, 'Transfer-Encoding\r\n : chunked\r\n', '0\r\n\r\n'],
  ['an empty Transfer-Encoding', 400, 'Transfer-Encoding:\r\nContent-Length: 3\r\n', 'abc'],
  ['a space before the colon', 400, 'Content-Length : 3\r\n', 'abc'],
  ['a tab before the colon', 400, 'Transfer-Encoding\t: chunked\r\n', '0\r\n\r\n'],
  ['a folded line', 400, 'A: b\r\n c\r\n', ''],
  ['a folded Transfer-Encoding', 400, 'Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'],
  ['a line that begins with a space', 400, ' Transfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['a bare LF after a field', 400, 'A: b\nContent-Length: 3\r\n', 'abc'],
  ['a bare CR inside a value', 400, 'A: b\rContent-Length: 3\r\n', 'abc'],
  ['a NUL inside a value', 400, 'A: b\0c\r\n', ''],
  ['a NUL inside a name', 400, 'A\0: b\r\n', ''],
  ['a DEL inside a value', 400, 'A: b\x7f\r\n', ''],
  ['a name with a byte above ASCII', 400, 'Transf\xe9r: b\r\n', ''],
  ['no name', 400, ': b\r\n', ''],
  ['no colon', 400, 'Transfer-Encoding chunked\r\n', ''],
  ['a name with a parenthesis', 400, 'A(b): c\r\n', ''],
  ['a second Host', 400, 'Host: h\r\n', ''],
  ['a second, different Host', 400, 'host: other\r\n', ''],
  ['a chunk size with a sign', 400, 'Transfer-Encoding: chunked\r\n', '+1\r\na\r\n0\r\n\r\n'],
  ['a chunk size with 0x', 400, 'Transfer-Encoding: chunked\r\n', '0x1\r\na\r\n0\r\n\r\n'],
  ['a chunk size that overflows', 400, 'Transfer-Encoding: chunked\r\n', 'fffffffffffffffff1\r\na\r\n0\r\n\r\n'],
  ['an empty chunk size', 400, 'Transfer-Encoding: chunked\r\n', '\r\na\r\n0\r\n\r\n'],
  ['a chunk size after a space', 400, 'Transfer-Encoding: chunked\r\n', ' 1\r\na\r\n0\r\n\r\n'],
  ['a chunk size before a space', 400, 'Transfer-Encoding: chunked\r\n', '1 \r\na\r\n0\r\n\r\n'],
  ['a chunk line that ends with LF', 400, 'Transfer-Encoding: chunked\r\n', '1\na\r\n0\r\n\r\n'],
  ['a chunk extension with a CR', 400, 'Transfer-Encoding: chunked\r\n', '1;a\rb\r\na\r\n0\r\n\r\n'],
  ['a chunk extension that ends with LF', 400, 'Transfer-Encoding: chunked\r\n', '1;a\na\r\n0\r\n\r\n'],
  ['an empty chunk extension that ends with LF', 400, 'Transfer-Encoding: chunked\r\n', '1;\na\r\n0\r\n\r\n'],
  [
    'a chunk extension with a line break in quotes',
    400,
    'Transfer-Encoding: chunked\r\n',
    '1;a="\r\n"\r\na\r\n0\r\n\r\n',
  ],
  ['a chunk line that ends with CR', 400, 'Transfer-Encoding: chunked\r\n', '1\ra\r\n0\r\n\r\n'],
  ['a chunk size below nothing', 400, 'Transfer-Encoding: chunked\r\n', '-1\r\na\r\n0\r\n\r\n'],
  ['an underscore in a chunk size', 400, 'Transfer-Encoding: chunked\r\n', '0_1\r\na\r\n0\r\n\r\n'],
  ['a chunk that ends with something else', 400, 'Transfer-Encoding: chunked\r\n', '1\r\naXX0\r\n\r\n'],
  ['a chunk that ends with two CRs', 400, 'Transfer-Encoding: chunked\r\n', '1\r\na\r\r0\r\n\r\n'],
  ['a last chunk that ends with a CR too many', 400, 'Transfer-Encoding: chunked\r\n', '0\r\r\n\r\n'],
  ['a body that ends with LF', 400, 'Transfer-Encoding: chunked\r\n', '0\r\n\n'],
  ['a folded trailer', 400, 'Transfer-Encoding: chunked\r\n', '0\r\nA: b\r\n c\r\n\r\n'],
  ['a bare CR in a trailer', 400, 'Transfer-Encoding: chunked\r\n', '0\r\nA: b\rc\r\n\r\n'],
  ['a request line for a trailer', 400, 'Transfer-Encoding: chunked\r\n', '0\r\nGET /evil HTTP/1.1\r\n\r\n'],
  ['a chunk extension without a name', 400, 'Transfer-Encoding: chunked\r\n', '1;\r\na\r\n0\r\n\r\n'],
  ['a chunk extension with an open quote', 400, 'Transfer-Encoding: chunked\r\n', '1;a="b\r\na\r\n0\r\n\r\n'],
  ['an endless chunk extension', 400, 'Transfer-Encoding: chunked\r\n', `1;${'a'.repeat(300)}\r\na\r\n0\r\n\r\n`],
  ['a chunk longer than its size', 400, 'Transfer-Encoding: chunked\r\n', '1\r\nab\r\n0\r\n\r\n'],
  ['a chunk that ends with LF', 400, 'Transfer-Encoding: chunked\r\n', '1\r\na\n0\r\n\r\n'],
  ['a trailer with a space before its colon', 400, 'Transfer-Encoding: chunked\r\n', '0\r\nA : b\r\n\r\n'],
  ['trailers that end with LF', 400, 'Transfer-Encoding: chunked\r\n', '0\r\nA: b\n\n'],
  ['101 fields', 431, 'A: b\r\n'.repeat(100), ''],
  ['33 KiB of fields', 431, `A: ${'b'.repeat(33 * 1024)}\r\n`, ''],
] as const;

const refusedLines = [
  ['a bare LF after the request line', 400, 'GET / HTTP/1.1\nHost: h\r\n\r\n'],
  ['nothing but LFs', 400, 'GET / HTTP/1.1\nHost: h\n\n'],
  ['two spaces in the request line', 400, 'GET  / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a tab in the request line', 400, 'GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a space in the target', 400, 'GET /a b HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a control character in the target', 400, 'GET /a\x01 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a fragment in the target', 400, 'GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a byte above ASCII in the target', 400, 'GET /\xe9 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a target that is no path', 400, 'GET a HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['an asterisk for GET', 400, 'GET * HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['another authority than Host', 400, 'GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a user in the authority', 400, 'GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['another user in the authority', 400, 'GET http://h@evil/ HTTP/1.1\r\nHost: evil\r\n\r\n'],
  ['another port than Host', 400, 'GET http://h:80/ HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['no authority in a URL', 400, 'GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['an authority in the place of Host', 400, 'GET http://h/ HTTP/1.1\r\n\r\n'],
  ['another scheme', 400, 'GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['no version', 400, 'GET /\r\nHost: h\r\n\r\n'],
  ['a lower-case version', 400, 'GET / http/1.1\r\nHost: h\r\n\r\n'],
  ['a version with a leading zero', 400, 'GET / HTTP/01.1\r\nHost: h\r\n\r\n'],
  ['a space after the version', 400, 'GET / HTTP/1.1 \r\nHost: h\r\n\r\n'],
  ['HTTP/1.2', 505, 'GET / HTTP/1.2\r\nHost: h\r\n\r\n'],
  ['HTTP/2.0 in text', 505, 'GET / HTTP/2.0\r\nHost: h\r\n\r\n'],
  ['no Host', 400, 'GET / HTTP/1.1\r\n\r\n'],
  ['an empty Host', 400, 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ['a Host with a path', 400, 'GET / HTTP/1.1\r\nHost: h/a\r\n\r\n'],
  ['a Host with a comma', 400, 'GET / HTTP/1.1\r\nHost: a,b\r\n\r\n'],
  ['a Host with a user', 400, 'GET / HTTP/1.1\r\nHost: u@h\r\n\r\n'],
  ['a Host with a blank', 400, 'GET / HTTP/1.1\r\nHost: h evil\r\n\r\n'],
  ['a Host with a port that is no number', 400, 'GET / HTTP/1.1\r\nHost: h:8o\r\n\r\n'],
  ['a Host before a blank', 400, 'GET / HTTP/1.1\r\nHost : h\r\n\r\n'],
  ['a Host on a folded line', 400, 'GET / HTTP/1.1\r\n Host: h\r\n\r\n'],
  ['a CR too many after the request line', 400, 'GET / HTTP/1.1\r\r\nHost: h\r\n\r\n'],
  ['a blank before the method', 400, ' GET / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a NUL in the method', 400, 'GET\0 / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a preface of HTTP/2 that breaks off', 505, 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'],
  ['a method that is no token', 400, 'G(T / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['CONNECT', 501, 'CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n'],
  ['two empty lines first', 400, '\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['Transfer-Encoding in HTTP/1.0', 400, 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  [
    'Transfer-Encoding and a length in HTTP/1.0',
    400,
    'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
  ],
  ['a target of 17 KiB', 414, `GET /${'a'.repeat(17 * 1024)} HTTP/1.1\r\nHost: h\r\n\r\n`],
  ['a line without an end', 414, 'G'.repeat(20 * 1024)],
  ['TLS', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n'],
] as const;

const cases = [
  ...refused.map(([what, status, fields, body]) => {
    return [what, status, `POST /orders HTTP/1.1\r\nHost: h\r\n${fields}\r\n${body}`] as const;
  }),
  ...refusedLines,
];

for (const [what, status, bytes] of cases) {
  test(`${what}: ${status}`, async (t) => {
    let reached = '';
    const instance = await rawInstance(t, (socket) => {
      socket.on('data', (received) => {
        reached += received.toString('latin1');
        if (reached.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const { edge } = await world(t, [instance]);
    const evil = 'GET /evil HTTP/1.1\r\nHost: h\r\n\r\n';
    const response = await send(edge, `${bytes}${evil}`);
    assert.equal(Number(response.slice(9, 12)), status);
    assert.equal(response.split('HTTP/1.1 ').length, 2, 'exactly one answer');
    assert.doesNotMatch(reached, /evil/);
  });
}

test('a preface of HTTP/2 after a request of HTTP/1.1 is refused', async (t) => {
  const { edge } = await world(t, []);
  const response = await send(edge, 'GET /a HTTP/1.1\r\nHost: h\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  assert.match(response, /^HTTP\/1\.1 503 [\s\S]*HTTP\/1\.1 505 /);
});

const accepted = [
  ['an empty line first', '\r\nGET /a HTTP/1.1\r\nHost: h\r\n', ''],
  ['an absolute target', 'GET http://H/a HTTP/1.1\r\nHost: h\r\n', ''],
  ['CHUNKED in capitals', 'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n', '1\r\nz\r\n0\r\n\r\n'],
  ['a chunk extension', 'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n', '001;a="b"\r\nz\r\n0\r\n\r\n'],
  [
    'blanks around a chunk extension',
    'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n',
    '1 ; a = b;c\r\nz\r\n0\r\n\r\n',
  ],
  ['blanks around a value', 'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: \t1\t \r\n', 'z'],
] as const;

for (const [what, head, body] of accepted) {
  test(`${what} is understood, and written anew`, async (t) => {
    let reached = '';
    const instance = await rawInstance(t, (socket) => {
      socket.on('data', (received) => {
        reached += received.toString('latin1');
        if (/(z|z\r\n0\r\n\r\n)$/.test(reached) || (body === '' && reached.endsWith('\r\n\r\n'))) {
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        }
      });
    });
    const { edge } = await world(t, [instance]);
    assert.match(await send(edge, `${head}Connection: close\r\n\r\n${body}`), /^HTTP\/1\.1 200 /);
    assert.match(reached, /^(GET|POST) \/a HTTP\/1\.1\r\nHost: h\r\n/);
    assert.match(
      reached,
      /Content-Length: 1\r\n[\s\S]*\r\n\r\nz$|Transfer-Encoding: chunked\r\n[\s\S]*1\r\nz\r\n0\r\n\r\n$|\r\n\r\n$/,
    );
    assert.doesNotMatch(reached, /;a=|CHUNKED|\t/);
  });
}
