import { z } from 'zod';
import { backupOf } from './backup.ts';
import { drill } from './drill.ts';
import { exactlyOneOf, lifted, withShorthand } from './notes.ts';
import { command, count, relativePath, secretName, size } from './values.ts';

const seed = withShorthand(
  exactlyOneOf(
    z.strictObject({
      folder: relativePath()
        .optional()
        .describe(
          'A folder of `*.sql` files, run in the order of their names, each in a transaction, each time it is asked for.',
        )
        .meta({ examples: ['seeds'] }),
      command: command()
        .optional()
        .describe("Instead of `folder`: a command, run in the service's folder, as its user and with its environment.")
        .meta({ examples: ['node seed.ts'] }),
    }),
    ['folder', 'command'],
  ),
  { written: relativePath(), lift: (node) => lifted(node, 'folder') },
);

const migrate = withShorthand(
  z.strictObject({
    command: command()
      .describe("Any tool that migrates, run in the service's folder, as its user and with its environment.")
      .meta({ examples: ['npx prisma migrate deploy'] }),
  }),
  { written: command(), lift: (node) => lifted(node, 'command') },
);

/** The oldest whose backups Islet speaks the language of. */
const OLDEST_POSTGRES = 15;
const VERSION_RULE = `a version is PostgreSQL's major version, ${OLDEST_POSTGRES} or newer: 18`;
const BINARIES_RULE = 'expected npm, system, or an absolute folder that holds postgres and initdb';

const engine = z.enum(['postgres', 'mariadb', 'sqlite']);

export const database = withShorthand(
  exactlyOneOf(
    z.strictObject({
      engine: engine
        .optional()
        .describe('`postgres`, `mariadb`: a server of its own. `sqlite`: a file of its own.')
        .meta({ examples: ['postgres'] }),
      url: z
        .strictObject({ secret: secretName().describe('Name of the secret that holds the URL.') })
        .optional()
        .describe('Instead of `engine`: an outside server, by its URL.')
        .meta({ examples: [{ secret: 'orders-database' }] }),
      migrations: relativePath()
        .optional()
        .describe('A folder of `*.sql` files, applied once each in the order of their names, before a revision starts.')
        .meta({ examples: ['migrations'] }),
      migrate: migrate
        .optional()
        .describe(
          'Instead of `migrations`: a command, run once before the first instance of a revision starts. It must be safe to run again.',
        )
        .meta({ examples: ['npx prisma migrate deploy', { command: 'npx prisma migrate deploy' }] }),
      backup: backupOf('database')
        .prefault({})
        .describe('How the store is backed up, or `off`. An outside server is backed up by whoever runs it.')
        .meta({ examples: ['off', { every: '6h' }] }),
      drill: drill
        .prefault({})
        .describe('How it is proved, again and again, that a backup comes back, or `off`.')
        .meta({ examples: ['off', { every: '1d', maxRto: '2m' }] }),
      version: z
        .int(VERSION_RULE)
        .min(OLDEST_POSTGRES)
        .max(99)
        .optional()
        .describe(
          'Major version of PostgreSQL. Without it: what the data was made by, and for new data the newest there is. Another one than that of the data is refused, unless `upgrade` is said.',
        )
        .meta({ examples: [18] }),
      binaries: z
        .union([z.enum(['npm', 'system']), z.string().regex(/^\/./, BINARIES_RULE)], { error: BINARIES_RULE })
        .optional()
        .describe(
          "Where PostgreSQL's programs come from: `npm`, with Islet; `system`, the machine's own packages; or a folder that holds them.",
        )
        .meta({ examples: ['system', '/opt/postgresql-18/bin'] }),
      upgrade: z
        .enum(['copy', 'in-place'])
        .optional()
        .describe(
          '`copy`, of PostgreSQL: a newer `version` than that of the data takes the data over, by a dump, while the service is down. `in-place`, of MariaDB: so does a newer server of the machine at its next start, and only a backup leads back. Without it, such a version is refused.',
        )
        .meta({ examples: ['copy'] }),
      memory: size({ least: '32Mi' })
        .optional()
        .describe(
          'What a PostgreSQL or MariaDB server may make use of; its buffers and its working memory follow from it.',
        )
        .meta({ examples: ['512Mi'] }),
      connections: count(1, 500)
        .optional()
        .describe(
          'What all instances of the service together may have open to a PostgreSQL or MariaDB server. Each is told its share in `DATABASE_POOL_MAX`.',
        )
        .meta({ examples: [80] }),
      settings: z
        .record(
          z.string().regex(/^[a-z][a-z0-9_.]*$/, 'a setting is named as the engine names it'),
          z.union([z.string(), z.number(), z.boolean()]),
        )
        .optional()
        .describe(
          "The server's own settings for this store, by its names. They are changed while it runs; the server says what it accepts.",
        )
        .meta({ examples: [{ work_mem: '16MB' }] }),
      seed: seed
        .optional()
        .describe('What `islet db seed` fills the database with; refused in an environment, unless it is forced.')
        .meta({ examples: ['seeds', { command: 'node seed.ts' }] }),
    }),
    ['engine', 'url'],
  ),
  { written: engine, lift: (node) => lifted(node, 'engine') },
);
