import { z } from 'zod';
import { lifted, withShorthand } from './notes.ts';
import { bySystemDefault, port } from './values.ts';

const file = () => z.string().min(1, 'a path is empty').meta({ title: 'path' });

const certificate = z.strictObject({
  cert: file()
    .describe(
      "The certificate in PEM, with those of its issuers after it. Relative to the system's folder, or absolute.",
    )
    .meta({ examples: ['certs/shop.pem'] }),
  key: file()
    .describe('Its private key in PEM. Only the user of Islet should be able to read the file.')
    .meta({ examples: ['certs/shop.key'] }),
});

const development = () => z.literal('dev');

const section = z.strictObject({
  certificates: z
    .union([development(), z.array(certificate).min(1).max(100)], 'expected dev, or a list of { cert, key }')
    .describe(
      'A client gets the one whose names cover the host that it asks for, and the first where none does. The files are looked at ' +
        'every few seconds, and new ones are used from the next connection on. `dev`: the development authority of this machine makes ' +
        'one for localhost, and for hosts below `.localhost` and `.test`.',
    )
    .meta({ examples: [[{ cert: 'certs/shop.pem', key: 'certs/shop.key' }]] }),
  redirect: bySystemDefault('gateway.tls.redirect', z.boolean()).describe(
    'Answer plain HTTP with `308` and the same address under `https`; `false` refuses it.',
  ),
  httpPort: port()
    .optional()
    .describe("A second port, for plain HTTP alone. Without it, plain HTTP is recognised on the gateway's own port.")
    .meta({ examples: [80] }),
});

/** TLS at the gateway; `dev` stands for a section with `certificates: dev`. */
export const tls = withShorthand(section, {
  written: development(),
  lift: (node) => lifted(node, 'certificates'),
});
